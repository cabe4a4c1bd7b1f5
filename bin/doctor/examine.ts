import type { Clock } from '../../shared/adapters/ids.ts';
import type { Reader } from './read.ts';
import type { Finding } from './recount/finding.ts';
import { createRecount } from './recount/recount.ts';

/** What one look at somebody's gallery found. */
export interface Examined {
  user_id: string;
  photos: number;
  /** Photos something is happening to: not compared. */
  under_way: number;
  /** Photos are being run again, so that counters are between two states. */
  counters_skipped: boolean;
  findings: Finding[];
}

/**
 * Looks at one user's gallery; where anything differs, once more after a moment: a stack at work is always between two states somewhere,
 * and only what stays is a difference.
 */
export function createExamine({ reader, clock, pause }: { reader: Reader; clock: Clock; pause: () => Promise<void> }) {
  async function look(userId: string): Promise<Examined> {
    const recount = createRecount(userId, { live: true, now: clock() });
    await reader.everythingOf(userId, recount);
    const { findings, photos, underWay, countersSkipped } = recount.findings();
    return { user_id: userId, photos, under_way: underWay, counters_skipped: countersSkipped, findings };
  }

  return async function examine(userId: string): Promise<Examined> {
    const first = await look(userId);
    if (first.findings.length === 0) return first;
    await pause();
    const second = await look(userId);
    const before = new Set(first.findings.map(({ says }) => says));
    return { ...second, findings: second.findings.filter(({ says }) => before.has(says)) };
  };
}
