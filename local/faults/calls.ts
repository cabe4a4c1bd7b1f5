import type { Trouble } from '../emulators/gate.ts';
import type { ServiceName } from '../emulators/service-errors.ts';
import { createTally } from './amounts.ts';
import type { CallFault } from './grammar.ts';
import { randomFor } from './random.ts';

export interface CallPlan {
  order(faults: readonly CallFault[]): void;
  clear(): void;
  /** What is to go wrong with this call, if anything: the waits of all that say so, the first error. */
  troubleOf(service: ServiceName, operation: string): Trouble | undefined;
  /** `s3:PutObject`: what was ordered for calls that nobody has made, as nobody does of a misspelt operation. */
  neverCalled(): string[];
}

/** Which calls to the AWS emulators go wrong. The same seed spoils the same calls of a kind, counted in the order they come. */
export function createCallPlan(seed: number): CallPlan {
  const ordered = new Map<string, { fault: CallFault; isMeant: () => boolean; called: boolean }>();
  return {
    order(faults) {
      for (const fault of faults) {
        const key = `${fault.service}:${fault.operation}:${fault.error}${fault.lost ? '~lost' : ''}`;
        ordered.set(key, { fault, isMeant: createTally(fault.amount, randomFor(seed, key)), called: false });
      }
    },
    clear: () => ordered.clear(),
    neverCalled() {
      const idle = [...ordered.values()].filter(({ called }) => !called);
      return [...new Set(idle.map(({ fault }) => `${fault.service}:${fault.operation}`))];
    },
    troubleOf(service, operation) {
      let slowMs = 0;
      let failing: CallFault | undefined;
      for (const order of ordered.values()) {
        const { fault, isMeant } = order;
        if (fault.service !== service || (fault.operation !== '*' && fault.operation !== operation)) continue;
        order.called = true;
        const slow = fault.error === 'slow';
        // One that another error has come before is not used up.
        if ((!slow && failing) || !isMeant()) continue;
        if (slow) slowMs += fault.milliseconds;
        else failing = fault;
      }
      if (!failing && slowMs === 0) return undefined;
      return { slowMs, error: failing?.error, lost: failing?.lost ?? false };
    },
  };
}
