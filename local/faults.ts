import type { KillPlan } from './lambda-host.ts';

/**
 * Faults a person orders with `--faults`, as a comma-separated list:
 * - `describe:kill=3` kills three invocations of that function between two of its steps, at a place chosen by a seeded draw;
 *   `describe:kill=3@2` right after the second request it had answered, `@0` before its first line
 * - `ingest:duplicate=2` has S3 deliver each event to that queue two times more
 * - `azure:429=2` and the like are the Azure emulator's own (local/emulators/azure/faults.ts)
 */

export interface KillFault {
  readonly target: string;
  readonly count: number;
  /** Answered requests before it dies; drawn when not given. */
  readonly after: number | undefined;
}

export interface Faults {
  readonly kills: readonly KillFault[];
  /** Extra copies of each event by queue (`ingest`). */
  readonly duplicates: ReadonlyMap<string, number>;
  /** The entries for the Azure emulator, as they came. */
  readonly azure: string;
}

/** Reads a fault list; an empty one means none. Throws `RangeError` naming the entry that cannot be read. */
export function parseFaults(text: string): Faults {
  const kills: KillFault[] = [];
  const duplicates = new Map<string, number>();
  const azure: string[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    if (entry.startsWith('azure:')) {
      azure.push(entry);
      continue;
    }
    const [, target = '', fault, count = '', after] = /^([\w-]+):(kill|duplicate)=(\d+)(?:@(\d+))?$/.exec(entry) ?? [];
    if (fault === 'kill') {
      kills.push({ target, count: Number(count), after: after === undefined ? undefined : Number(after) });
    } else if (fault === 'duplicate' && after === undefined) {
      duplicates.set(target, Number(count));
    } else {
      throw new RangeError(
        `Expected <function>:kill=N, <function>:kill=N@REQUESTS, <queue>:duplicate=N or azure:<fault>=N, received "${entry}"`,
      );
    }
  }
  return { kills, duplicates, azure: azure.join(',') };
}

/** Mulberry32 (public domain, T. Ettinger): a small generator, so that the same seed kills at the same places. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Longest draw; an invocation that makes fewer requests teaches the next draw its number. */
const MOST_REQUESTS = 8;

export interface OrderedKills extends KillPlan {
  /** Orders more. `names` maps what a person calls a function to its physical name. */
  order(kills: readonly KillFault[], nameOf: (target: string) => string): void;
  /** Kills ordered and not yet done. */
  owed(): number;
}

/** Hands out planned deaths. A kill counts once a process has really died of it; until then it stays owed. */
export function createKillPlan(seed = 1): OrderedKills {
  const random = createRandom(seed);
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
