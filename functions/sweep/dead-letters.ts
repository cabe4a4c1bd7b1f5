import { z } from 'zod';
import type { DeadLetters } from '../../shared/adapters/dead-letters.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { QueueName, Queues } from '../../shared/adapters/queues.ts';
import { describeMessage, jobMessage, type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import { hasEnded, isTerminal, type Reason, type StageName } from '../../shared/domain/image.ts';
import { incomingKey, originalKey, parseIncomingKey } from '../../shared/domain/object-keys.ts';

export interface DeadLetterDeps {
  letters: DeadLetters;
  images: Images;
  jobs: Jobs;
  objects: Objects;
  queues: Queues;
  urls: Partial<Record<QueueName, string>>;
}

const LIMIT = 100;

const s3Event = z.object({
  Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })).min(1),
});

const gaveUp = (stage: StageName): Reason => ({
  code: `${stage}_gave_up`,
  message: `The stage "${stage}" failed again and again and was given up. The photo itself is safe.`,
});

/** `settled`: nothing is left to say about it, the letter can go. `kept`: it stays, for a person to re-drive. */
type Verdict = 'settled' | 'kept';

/**
 * Ends what lies in the dead-letter queues with a reason a person understands. The letters stay there for their fourteen days,
 * to be re-driven, unless what they are about is gone or was done after all.
 */
export function createDeadLetterSweep({ letters, images, jobs, objects, queues, urls }: DeadLetterDeps) {
  /** The bytes of a photo that could not be read stay downloadable: they move from quarantine to where originals lie. */
  async function keepBytes(userId: string, imageId: string) {
    const bytes = await objects.read(incomingKey(userId, imageId));
    if (!bytes) return undefined;
    const original = {
      key: originalKey(userId, imageId),
      content_type: 'application/octet-stream',
      bytes: bytes.length,
      width: 0,
      height: 0,
    };
    await objects.writeOnce(original.key, bytes, original.content_type);
    return original;
  }

  async function endIngest(key: string): Promise<Verdict> {
    const owner = parseIncomingKey(decodeURIComponent(key.replaceAll('+', ' ')));
    if (!owner) return 'kept';
    const record = await images.getVisible(owner);
    if (record?.status === 'failed') return 'kept';
    if (!record || isTerminal(record.status) || hasEnded(record.stages.ingest.state)) return 'settled';
    const original = await keepBytes(owner.userId, owner.imageId);
    await images.fail(owner, 'ingest', gaveUp('ingest'), original ? { original, bytes: original.bytes } : {});
    await objects.remove([incomingKey(owner.userId, owner.imageId)]);
    return 'kept';
  }

  async function endStage(stage: 'describe' | 'organize', userId: string, imageId: string): Promise<Verdict> {
    const key = { userId, imageId };
    const record = await images.getVisible(key);
    if (!record || record.stages[stage].state === 'done') return 'settled';
    if (hasEnded(record.stages[stage].state)) return 'kept';
    const ended = await images.endStage(key, stage, { state: 'failed', error: gaveUp(stage) });
    if (ended && stage === 'describe') {
      const event_id = `described:${imageId}:${record.generation}:given-up`;
      await queues.organize([{ type: 'described', event_id, user_id: userId, image_id: imageId }]);
    }
    return 'kept';
  }

  async function endJob(userId: string, jobId: string): Promise<Verdict> {
    const job = await jobs.get(userId, jobId);
    if (!job || job.status === 'done') return 'settled';
    const message = 'The job failed again and again and was given up. Please ask for it again.';
    if (job.status !== 'failed') await jobs.fail(userId, jobId, { code: 'gave_up', message });
    return 'kept';
  }

  async function endOrganize(event: OrganizeEvent): Promise<Verdict> {
    switch (event.type) {
      case 'described':
        return endStage('organize', event.user_id, event.image_id);
      case 'reclustered':
        return endJob(event.user_id, event.job_id);
      case 'removed':
        // Sweep sends the removal again for as long as the record is there.
        return (await images.get({ userId: event.user_id, imageId: event.image_id })) ? 'kept' : 'settled';
      case 'named':
      case 'review':
        // Made up for when the cluster has doubled.
        return 'settled';
    }
  }

  const end: Record<QueueName, (body: unknown) => Promise<Verdict>> = {
    async ingest(body) {
      const { Records } = s3Event.parse(body);
      const verdicts: Verdict[] = [];
      for (const { s3 } of Records) verdicts.push(await endIngest(s3.object.key));
      return verdicts.every((verdict) => verdict === 'settled') ? 'settled' : 'kept';
    },
    async describe(body) {
      const { user_id, image_id } = describeMessage.parse(body);
      return endStage('describe', user_id, image_id);
    },
    organize: async (body) => endOrganize(organizeEvent.parse(body)),
    async jobs(body) {
      const message = jobMessage.parse(body);
      return message.type === 'recluster' ? endJob(message.user_id, message.job_id) : 'settled';
    },
  };

  /** Answers how many letters were looked at and how many of them could not be read. */
  return async function sweepDeadLetters(): Promise<{ letters: number; unreadable: number }> {
    const count = { letters: 0, unreadable: 0 };
    for (const [name, url] of Object.entries(urls) as [QueueName, string][]) {
      for (const { body, remove } of await letters.look(url, LIMIT)) {
        count.letters += 1;
        try {
          if ((await end[name](JSON.parse(body))) === 'settled') await remove();
        } catch (error) {
          // What nobody can read stays where an operator finds it; anything else is this sweep's own failure.
          if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
          count.unreadable += 1;
        }
      }
    }
    return count;
  };
}
