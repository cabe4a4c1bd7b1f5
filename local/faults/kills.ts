import type { KillPlan } from '../lambda-host.ts';
import type { KillFault } from './grammar.ts';
import { randomFor } from './random.ts';

/** Longest draw; an invocation that makes fewer requests teaches the next draw its number. */
const MOST_REQUESTS = 8;

export interface OrderedKills extends KillPlan {
  /** Orders more. `nameOf` maps what a person calls a function to its physical name. */
  order(kills: readonly KillFault[], nameOf: (target: string) => string): void;
  clear(): void;
  /** Kills ordered and not yet done. */
  owed(): number;
}

/** Hands out planned deaths. A kill counts once a process has really died of it; until then it stays owed. */
export function createKillPlan(seed = 1): OrderedKills {
  const random = randomFor(seed, 'kills');
  const owed = new Map<string, { after: number | undefined }[]>();
  const usual = new Map<string, number>();
  return {
    order(kills, nameOf) {
      for (const { target, count, after } of kills) {
        const name = nameOf(target);
        const queue = owed.get(name) ?? [];
        queue.push(...Array.from({ length: count }, () => ({ after })));
        owed.set(name, queue);
      }
    },
    clear: () => owed.clear(),
    owed: () => [...owed.values()].reduce((sum, { length }) => sum + length, 0),
    next(name) {
      const kill = owed.get(name)?.shift();
      if (!kill) return undefined;
      return kill.after ?? Math.floor(random() * (1 + (usual.get(name) ?? MOST_REQUESTS)));
    },
    settle(name, { killed, requests }) {
      if (killed) return;
      usual.set(name, requests);
      owed.set(name, [{ after: undefined }, ...(owed.get(name) ?? [])]);
    },
  };
}
