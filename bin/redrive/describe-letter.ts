import type { Message } from '@aws-sdk/client-sqs';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import { STAGES } from '../../shared/domain/image.ts';
import { parseIncomingKey } from '../../shared/domain/object-keys.ts';
import { hashUserId } from '../../shared/lambda/logger.ts';

/** A message that was given up, without anything that says who somebody is or what a photo shows. */
export interface Letter {
  id: string;
  queue: QueueName;
  /** Seconds since it was sent first. */
  age_seconds: number;
  /** How often it was taken: by its function, then by `sweep` and by whoever looked here, this time included. */
  received: number;
  /** As logs call them. */
  user: string | null;
  image_id: string | null;
  job_id: string | null;
  /** What it asks for, where it says so. */
  type: string | null;
  /** What its photo or job says of why it failed. */
  reason: string | null;
  redriven: boolean;
  /** Whether it says whose it is: otherwise no function can work on it. */
  readable: boolean;
}

interface Subject {
  user_id?: string;
  image_id?: string;
  job_id?: string;
  type?: string;
}

export async function aboutLetter(
  { images, jobs, clock }: { images: Pick<Images, 'get'>; jobs: Pick<Jobs, 'get'>; clock: Clock },
  queue: QueueName,
  { MessageId = '', Body = '', Attributes = {} }: Message,
): Promise<Letter> {
  const { user_id, image_id, job_id, type } = subjectOf(Body);
  return {
    id: MessageId,
    queue,
    age_seconds: Math.max(0, Math.round((clock().getTime() - Number(Attributes.SentTimestamp ?? 0)) / 1000)),
    received: Number(Attributes.ApproximateReceiveCount ?? 0),
    user: user_id === undefined ? null : hashUserId(user_id),
    image_id: image_id ?? null,
    job_id: job_id ?? null,
    type: type ?? null,
    reason: await reasonOf(),
    redriven: false,
    readable: user_id !== undefined,
  };

  /** Codes and messages of ours: they name stages and limits. */
  async function reasonOf(): Promise<string | null> {
    if (user_id === undefined) return 'nobody can read it';
    if (image_id !== undefined) {
      const record = await images.get({ userId: user_id, imageId: image_id });
      if (!record) return 'its photo is gone';
      const failed = STAGES.map((name) => record.stages[name].error).find((error) => error !== undefined);
      return (record.error ?? failed)?.code ?? `its photo is ${record.status}`;
    }
    if (job_id === undefined) return null;
    const job = await jobs.get(user_id, job_id);
    return job ? (job.error?.code ?? `its job is ${job.status}`) : 'its job is gone';
  }
}

function subjectOf(body: string): Subject {
  try {
    const message = JSON.parse(body);
    const key: unknown = message.Records?.[0]?.s3?.object?.key;
    if (typeof key !== 'string') return message;
    const owner = parseIncomingKey(decodeURIComponent(key.replaceAll('+', ' ')));
    return owner ? { user_id: owner.userId, image_id: owner.imageId } : {};
  } catch {
    return {};
  }
}

/** Letters as people read them, the oldest first. */
export function asTable(letters: readonly Letter[]): string {
  if (letters.length === 0) return 'There are no dead letters.\n';
  const rows = [
    ['queue', 'age', 'received', 'user', 'about', 'reason', 'id'],
    ...letters
      .toSorted((one, other) => other.age_seconds - one.age_seconds)
      .map(({ queue, age_seconds, received, user, image_id, job_id, type, reason, id, redriven }) => [
        queue,
        age(age_seconds),
        String(received),
        user ?? '–',
        [type, image_id ?? job_id].filter((word) => word !== null).join(' ') || '–',
        reason ?? '–',
        redriven ? `${id} sent again` : id,
      ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const explained =
    'received: how often it was taken, by its function and since by sweep and by whoever looked here, this time included';
  return `${[...lines, '', explained, ...verdict(letters)].join('\n')}\n`;
}

/** How many were sent, and of those that were not, why. */
function verdict(letters: readonly Letter[]): string[] {
  const sent = letters.filter(({ redriven }) => redriven).length;
  const left = letters.filter(({ redriven }) => !redriven);
  const unreadable = left.filter(({ readable }) => !readable).length;
  const unasked = left.length - unreadable;
  const lines = [sent === 0 ? 'None was sent again.' : `${sent} sent again.`];
  if (unasked > 0)
    lines.push(`${unasked} left, as nobody asked for ${unasked === 1 ? 'it' : 'them'}: --all sends all, --id ID one.`);
  if (unreadable > 0)
    lines.push(
      `${unreadable} left that no function can read, and so would come back: look at ${unreadable === 1 ? 'it' : 'them'} in the queue. --id ID sends one all the same.`,
    );
  return lines;
}

function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
