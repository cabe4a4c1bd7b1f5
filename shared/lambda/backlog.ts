import type { Clock } from '../adapters/ids.ts';

/** A message that was sent so long ago may stand behind others of its group. */
const BEHIND_OTHERS_MS = 60_000;
/** So many messages that nobody has in hand are a backlog. What comes back now and then, for Azure to be asked again, is none. */
const BACKLOG = 30;
/** How often one process reminds the queue of a group: SQS forgets in five minutes. */
const EVERY_MS = 60_000;
/** More groups than have a backlog at a time; what is forgotten too early is only reminded of once more. */
const MOST_GROUPS = 1_000;

export interface Backlog<T> {
  /** Sends a message once more to its queue, in its user's name. `sentAt`: when this one was sent. */
  again: (message: T, sentAt: Date) => Promise<void>;
  /** How many messages of the queue nobody has in hand. */
  waiting: () => Promise<number>;
  clock: Clock;
}

/**
 * A standard queue gives others’ messages before those of a group that has many, but forgets about it once that
 * group has sent nothing for five minutes, however many of its messages still wait (SQS Developer Guide, “When a noisy neighbor
 * becomes quiet”): from then on the one photo of another person stands behind all of them. So that the queue remembers, whoever works on
 * a backlog sends one of its messages again now and then.
 */
export function createReminders<T>({ again, waiting, clock }: Backlog<T>) {
  const reminded = new Map<string, number>();

  /** Once a minute and group at most. */
  function isDue(group: string, sentAt: Date): boolean {
    const at = clock().getTime();
    if (at - sentAt.getTime() < BEHIND_OTHERS_MS) return false;
    if (at - (reminded.get(group) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return false;
    if (reminded.size >= MOST_GROUPS) reminded.clear();
    reminded.set(group, at);
    return true;
  }

  return {
    /** Sends this message again where the queue is to be reminded of its group, and says whether it did: then nothing else is to be done. */
    async remind(group: string, message: T, sentAt: Date): Promise<boolean> {
      if (!isDue(group, sentAt) || (await waiting()) < BACKLOG) return false;
      await again(message, sentAt);
      return true;
    },
  };
}
