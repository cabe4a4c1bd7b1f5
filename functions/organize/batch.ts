import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { type Delivery, MessagePostponed } from '../../shared/lambda/queue.ts';

export interface BatchDeps {
  /** Applies events of one user, in order. */
  organize: (userId: string, events: readonly OrganizeEvent[]) => Promise<void>;
  /** Lets a message come back after so many seconds. */
  postpone: (receiptHandle: string, seconds: number) => Promise<void>;
}

/**
 * A user's events are begun with no less than a third of the function's minute left. A batch holds events of several users: whoever
 * is slow would else have those of the others cut off with their own, again and again, and each time for the six minutes
 * in which the queue hides them.
 */
const LEAST_LEFT_MS = 20_000;

/**
 * Applies the events of a batch user by user. Those of one user are applied as one. When they come back after a failure they are taken
 * one by one, so that only what cannot be applied fails again. What is not begun for lack of time is back at once.
 */
export function createBatch({ organize, postpone }: BatchDeps) {
  /** The first event of each batch that was applied whole. */
  const applied = new WeakSet<OrganizeEvent>();
  const returned = new WeakSet<OrganizeEvent>();

  return async function take(event: OrganizeEvent, delivery: Delivery<OrganizeEvent>): Promise<void> {
    const { batch, receiptsFromHere, receiveCount, remainingMs } = delivery;
    const [first] = batch;
    const together = first !== undefined && receiveCount === 1;
    if (together && applied.has(first)) return;
    if (remainingMs() < LEAST_LEFT_MS) {
      // A user's events are locked as long as one of them is hidden.
      if (!returned.has(event)) for (const receipt of receiptsFromHere) await postpone(receipt, 0);
      for (const other of batch) returned.add(other);
      throw new MessagePostponed('Too little of this run is left; the event comes back at once.');
    }
    if (!together) return organize(event.user_id, [event]);
    await organize(event.user_id, batch);
    applied.add(first);
  };
}
