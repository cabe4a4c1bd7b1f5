import type { Detour } from '../emulators/sqs/messages.ts';
import { createTally } from './amounts.ts';
import type { SendFault } from './grammar.ts';
import { randomFor } from './random.ts';

export interface SendPlan {
  /** `queueOf` maps what a person calls a queue to its name. Throws `RangeError` for copies in a FIFO queue. */
  order(faults: readonly SendFault[], queueOf: (target: string) => string): void;
  clear(): void;
  /** What becomes of the next message sent to that queue. */
  detourOf(queue: string): Detour | undefined;
}

interface Ordered {
  readonly queue: string;
  readonly fault: SendFault;
  readonly isMeant: () => boolean;
  readonly random: () => number;
}

/** Which messages get lost, late, out of order or come more than once, on their way into a queue. */
export function createSendPlan(seed: number, timeScale: number): SendPlan {
  const ordered = new Map<string, Ordered>();
  return {
    order(faults, queueOf) {
      const found = faults.map((fault) => ({ fault, queue: queueOf(fault.target) }));
      const repeated = found.find(({ fault, queue }) => fault.kind === 'duplicate' && queue.endsWith('.fifo'));
      if (repeated) {
        const { target } = repeated.fault;
        throw new RangeError(
          `${target}:duplicate: a FIFO queue drops repetitions; ${target}:kill has a batch come again.`,
        );
      }
      for (const { fault, queue } of found) {
        const key = `${queue}:${fault.kind}`;
        const random = randomFor(seed, key);
        // So many more of each, unless it is a share that is doubled.
        const always = fault.kind === 'duplicate' && 'count' in fault.amount;
        ordered.set(key, { queue, fault, random, isMeant: always ? () => true : createTally(fault.amount, random) });
      }
    },
    clear: () => ordered.clear(),
    detourOf(queue) {
      const detour = { lost: false, copies: 0, heldMs: 0 };
      for (const { queue: of, fault, isMeant, random } of ordered.values()) {
        if (of !== queue || !isMeant()) continue;
        const { kind, amount, milliseconds } = fault;
        if (kind === 'drop') detour.lost = true;
        if (kind === 'duplicate') detour.copies += 'count' in amount ? amount.count : 1;
        if (kind === 'delay') detour.heldMs += milliseconds / timeScale;
        if (kind === 'reorder') detour.heldMs += (random() * milliseconds) / timeScale;
      }
      return detour.lost || detour.copies > 0 || detour.heldMs > 0 ? detour : undefined;
    },
  };
}
