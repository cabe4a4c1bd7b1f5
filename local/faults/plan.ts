import { createCallPlan } from './calls.ts';
import { parseFaults } from './grammar.ts';
import { createKillPlan } from './kills.ts';
import { randomFor } from './random.ts';
import { createSendPlan } from './sends.ts';

/** Where what a person calls something is found. Each throws for what the stack does not have. */
export interface FaultTargets {
  functionName(alias: string): string;
  /** The queue that function reads. */
  queueName(alias: string): string;
  /** `undefined` ends them all. */
  azure(entries: string | undefined): void;
}

/**
 * All that was ordered to go wrong. Everything drawn comes from `seed`: the same orders spoil the same calls, messages and
 * invocations of each kind again, as far as processes that run beside each other come in the same order.
 */
export function createFaultPlan({ seed = 1, timeScale = 1 }: { seed?: number; timeScale?: number } = {}) {
  const kills = createKillPlan(seed);
  const calls = createCallPlan(seed);
  const sends = createSendPlan(seed, timeScale);
  const skews = new Map<string, number>();
  return {
    kills,
    /** Which answers of Azure a share spoils. */
    azureRandom: randomFor(seed, 'azure'),
    troubleOf: calls.troubleOf,
    neverCalled: calls.neverCalled,
    detourOf: sends.detourOf,
    /** How many milliseconds the clock of a function is ahead; 0 where nothing was ordered. */
    skewOf: (functionName: string) => skews.get(functionName) ?? 0,
    /** Orders what `text` says. Throws `RangeError` for what cannot be read or is not there. */
    order(text: string, targets: FaultTargets): void {
      const faults = parseFaults(text);
      const skewed = faults.skews.map(
        ({ target, milliseconds }) => [targets.functionName(target), milliseconds] as const,
      );
      for (const { target } of faults.kills) targets.functionName(target);
      if (faults.off) {
        for (const plan of [kills, calls, sends, skews]) plan.clear();
        targets.azure(undefined);
      }
      sends.order(faults.sends, targets.queueName);
      if (faults.azure) targets.azure(faults.azure);
      kills.order(faults.kills, targets.functionName);
      calls.order(faults.calls);
      for (const [name, milliseconds] of skewed) skews.set(name, milliseconds);
    },
  };
}
