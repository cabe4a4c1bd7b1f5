import * as z from 'zod';
import type { DeadLetter, DeadLetters } from '../../shared/adapters/dead-letters.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { ImageKey, Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import {
  describeMessage,
  facesMessage,
  jobMessage,
  type OrganizeEvent,
  organizeEvent,
} from '../../shared/contract/messages.ts';
import {
  canBeOrganized,
  hasEnded,
  type ImageRecord,
  isTerminal,
  MOST_DESCRIBE_ATTEMPTS,
  MOST_FACES_ATTEMPTS,
  type Reason,
  type StageName,
} from '../../shared/domain/image.ts';
import { allImageKeys, incomingKey, originalKey, parseIncomingKey } from '../../shared/domain/object-keys.ts';
import { hashUserId, type Logger } from '../../shared/lambda/logger.ts';
import { each } from './each.ts';
import { sendSettled } from './send-settled.ts';

export interface DeadLetterDeps {
  letters: DeadLetters;
  images: Images;
  jobs: Jobs;
  objects: Objects;
  queues: Queues;
  urls: Partial<Record<QueueName, string>>;
  clock: Clock;
  logger: Pick<Logger, 'error'>;
}

const LIMIT = 100;

const s3Event = z.object({
  Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })).min(1),
});

const gaveUp = (stage: StageName): Reason => ({
  code: `${stage}_gave_up`,
  message: `The stage "${stage}" failed again and again and was given up. The photo itself is safe.`,
});

/**
 * `settled`: the record says it all, and the letter goes; on a FIFO queue it would hide those behind it. `kept`: sent again, the
 * letter could still bring the photo home.
 */
type Verdict = 'settled' | 'kept';

/**
 * Ends what lies in the dead-letter queues with a reason a person understands. Letters of photos that could not be read stay
 * there for their fourteen days, to be re-driven: their bytes are kept.
 */
export function createDeadLetterSweep(deps: DeadLetterDeps) {
  const { letters, images, jobs, objects, queues, urls, clock, logger } = deps;

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

  function noteGivenUp(stage: StageName, { user_id, image_id }: ImageRecord): void {
    logger.error('A stage of a photo is given up.', { stage, image_id, user: hashUserId(user_id) });
  }

  async function endIngest(key: string): Promise<Verdict> {
    const owner = parseIncomingKey(decodeURIComponent(key.replaceAll('+', ' ')));
    if (!owner) return 'kept';
    const record = await images.getVisible(owner);
    const verdict = await endReading(owner, record);
    if (verdict === 'kept') return 'kept';
    // What ingest removes at its end; here it died each time before it came so far. An original without a record stays: where the table was
    // restored it is the only copy.
    const refused = record?.status === 'rejected' || record?.status === 'duplicate';
    const { userId, imageId } = owner;
    await objects.remove(refused ? allImageKeys(userId, imageId) : [incomingKey(userId, imageId)]);
    return 'settled';
  }

  async function endReading(owner: ImageKey, record: ImageRecord | null): Promise<Verdict> {
    if (record?.status === 'failed') {
      // A sweep may have died between the two.
      if (record.original) await objects.remove([incomingKey(owner.userId, owner.imageId)]);
      return 'kept';
    }
    // `expired` was said before the bytes came after all.
    const over = record && isTerminal(record.status) && record.status !== 'expired';
    if (!record || over || hasEnded(record.stages.ingest.state)) return 'settled';
    if (record.thumbnails) {
      // It was accepted once and only read again: it keeps what it has, and goes on without what was to be new.
      const ended = await images.endStage(owner, 'ingest', { state: 'failed', error: gaveUp('ingest') });
      if (ended) await queues.resume(objects.bucket, ended);
      return 'settled';
    }
    const original = await keepBytes(owner.userId, owner.imageId);
    if (!original && record.status === 'expired') return 'settled';
    const failed = await images.fail(
      owner,
      'ingest',
      gaveUp('ingest'),
      original ? { original, bytes: original.bytes } : {},
    );
    if (!failed) {
      // Another run has ended it meanwhile, and cleared up before the bytes were kept.
      const ended = await images.getVisible(owner);
      const kept = ended?.original !== undefined || ended?.status === 'processing';
      if (original && !kept) await objects.remove([original.key]);
      return 'settled';
    }
    noteGivenUp('ingest', failed);
    await objects.remove([incomingKey(owner.userId, owner.imageId)]);
    await sendSettled(queues, failed, clock());
    return 'kept';
  }

  async function endStage(stage: 'describe' | 'faces' | 'organize', userId: string, imageId: string): Promise<Verdict> {
    const key = { userId, imageId };
    const record = await images.getVisible(key);
    if (!record || hasEnded(record.stages[stage].state)) return 'settled';
    // A letter of before it was run again: it is being described, or looked at for faces, anew.
    if (stage === 'organize' && !canBeOrganized(record.stages)) return 'settled';
    if (stage === 'describe' && record.stages.describe.attempts < MOST_DESCRIBE_ATTEMPTS) {
      // It was only ever told to wait: each look at it while Azure was away counted as a delivery.
      await queues.describe({ user_id: userId, image_id: imageId });
      return 'settled';
    }
    if (stage === 'faces' && record.stages.faces.attempts < MOST_FACES_ATTEMPTS) {
      // The function was too busy to take it: each refusal counted as a delivery.
      await queues.faces(objects.bucket, { user_id: userId, image_id: imageId });
      return 'settled';
    }
    const ended = await images.endStage(key, stage, { state: 'failed', error: gaveUp(stage) });
    if (ended) noteGivenUp(stage, ended);
    if (ended && stage !== 'organize') {
      const event_id = `${stage === 'faces' ? 'faces' : 'described'}:${imageId}:${record.generation}:given-up`;
      await queues.organize([{ type: 'described', event_id, user_id: userId, image_id: imageId }]);
    }
    if (ended && stage === 'organize') await sendSettled(queues, ended, clock());
    return 'settled';
  }

  /** What is derived from a photo could not be brought in line with it: sweep sends it again, less and less often. */
  function noteNotIndexed({ type, image_id }: Extract<OrganizeEvent, { type: 'settled' | 'edited' }>): Verdict {
    logger.error(
      'A photo cannot be indexed: searching and counters may not know it as it is. It is tried again later.',
      {
        event_type: type,
        image_id,
      },
    );
    return 'settled';
  }

  async function endJob(userId: string, jobId: string): Promise<Verdict> {
    const job = await jobs.get(userId, jobId);
    if (!job || job.status === 'done') return 'settled';
    const message = 'The job failed again and again and was given up. Please ask for it again.';
    if (job.status !== 'failed') await jobs.fail(userId, jobId, { code: 'gave_up', message });
    return 'settled';
  }

  async function endOrganize(event: OrganizeEvent): Promise<Verdict> {
    switch (event.type) {
      case 'described':
        return endStage('organize', event.user_id, event.image_id);
      case 'settled':
      case 'edited':
        return noteNotIndexed(event);
      case 'auto_albums':
        await endJob(event.user_id, event.job_id);
        return 'settled';
      case 'regrouped':
      case 'album_kept':
      case 'faces_erased':
      // What has been begun is to be ended: sweep sends it again for as long as its job may take.
      case 'removed':
      // Sweep sends the removal again for as long as the record is there.
      case 'rebuild':
      // Doctor finds what it was to mend when it looks again.
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
    async faces(body) {
      const { user_id, image_id } = facesMessage.parse(body);
      return endStage('faces', user_id, image_id);
    },
    organize: async (body) => endOrganize(organizeEvent.parse(body)),
    async jobs(body) {
      const message = jobMessage.parse(body);
      // Sweep sends it again for as long as there is something to erase.
      if (message.type === 'erase_account') return 'settled';
      if (message.type !== 'name_cluster') return endJob(message.user_id, message.job_id);
      // Azure was away for very long; nothing but a name is missing.
      await queues.jobs(message);
      return 'settled';
    },
  };

  /**
   * Ends what it gets to before `until`. Answers how many letters were looked at and how many of them could not be read. Throws, at the
   * end, what went wrong with any of them.
   */
  return async function sweepDeadLetters(until: Date): Promise<{ letters: number; unreadable: number }> {
    const count = { letters: 0, unreadable: 0 };
    const inTime = () => clock() < until;
    await each(Object.entries(urls) as [QueueName, string][], async ([name, url]) => {
      await each(await letters.look(url, LIMIT), (letter) => sweepLetter(name, letter, count), inTime);
    });
    return count;
  };

  async function sweepLetter(name: QueueName, letter: DeadLetter, count: { letters: number; unreadable: number }) {
    count.letters += 1;
    try {
      if ((await end[name](JSON.parse(letter.body))) === 'settled') await letter.remove();
    } catch (error) {
      // What nobody can read stays where an operator finds it; anything else is this sweep's own failure.
      if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
      count.unreadable += 1;
    }
  }
}
