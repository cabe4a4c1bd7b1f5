/** A message that has waited for so long stands behind others of its group. */
const BEHIND_OTHERS_MS = 60_000;
/** How often one process reminds the queue of a group: SQS forgets in five minutes. */
const EVERY_MS = 60_000;
/** More groups than have a backlog at a time; what is forgotten too early is only reminded of once more. */
const MOST_GROUPS = 1_000;

/**
 * Who is to be reminded of. A standard queue gives others’ messages before those of a group that has many, but forgets about it once that
 * group has sent nothing for five minutes, however many of its messages still wait (SQS Developer Guide, “When a noisy neighbor
 * becomes quiet”): from then on the one photo of another person stands behind all of them. So that the queue remembers, whoever works on
 * a backlog sends one of its messages again now and then.
 */
export function createReminders() {
  const reminded = new Map<string, number>();
  return {
    /** Whether this message, received for the first time, is to be sent again: true once a minute and group at most. */
    isDue(group: string, sentAt: Date, now: Date): boolean {
      const at = now.getTime();
      if (at - sentAt.getTime() < BEHIND_OTHERS_MS) return false;
      if (at - (reminded.get(group) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return false;
      if (reminded.size >= MOST_GROUPS) reminded.clear();
      reminded.set(group, at);
      return true;
    },
  };
}
