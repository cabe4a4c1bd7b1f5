import type { Reason } from './image.ts';
import { emptySummary, type Summary } from './summary.ts';

/** What one person may use, what they use, and what is refused beyond it. A limit of `Infinity` is none. */

export interface Amount {
  images: number;
  /** Of originals. */
  bytes: number;
}

export const NOTHING: Amount = { images: 0, bytes: 0 };
export const sum = (amounts: Iterable<Amount>): Amount => {
  const all = { ...NOTHING };
  for (const { images, bytes } of amounts) {
    all.images += images;
    all.bytes += bytes;
  }
  return all;
};

/** What the counters say is kept of a person's, the trash included: uploads nothing was kept of count nowhere. */
export function kept(counters: Summary | null): Amount {
  const { images, bytes, by_status, trash = NOTHING } = counters ?? emptySummary();
  const { rejected = 0, duplicate = 0, expired = 0 } = by_status;
  return { images: images - rejected - duplicate - expired + trash.images, bytes: bytes + trash.bytes };
}

/** Which limit `asked` goes beyond, given what is `used`; `null` where it fits. */
export function exceeded(used: Amount, asked: Amount, limits: Amount): keyof Amount | null {
  if (used.images + asked.images > limits.images) return 'images';
  return used.bytes + asked.bytes > limits.bytes ? 'bytes' : null;
}

/** What is said to somebody whose uploads do not fit. */
export function overQuota(unit: keyof Amount, used: Amount, asked: Amount, limits: Amount): string {
  const what = unit === 'images' ? 'images' : 'bytes of originals';
  return (
    `You use ${used[unit]} of ${limits[unit]} ${what}, uploads under way and the trash included; these would be ${asked[unit]} more. ` +
    'Nothing of this request was taken. Erase images, empty the trash, or ask whoever runs this service for more.'
  );
}

const MICRO = 1_000_000;
export const microUsd = (usd: number): number => Math.round(usd * MICRO);

/** A calendar month, UTC: `YYYY-MM`. */
export const monthOf = (moment: Date): string => moment.toISOString().slice(0, 7);

/** When the month after `moment`’s begins. */
export const nextMonth = (moment: Date): Date => new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1));

/** Why a description waits. Without any budget no month will bring one. */
export function overBudget(limitMicroUsd: number, now: Date): Reason {
  const kept = 'The picture is stored and shown like any other; it will be described when';
  const day = nextMonth(now).toISOString().slice(0, 10);
  const usd = limitMicroUsd / MICRO;
  const amount = usd < 0.01 ? String(usd) : usd.toFixed(2);
  const message =
    limitMicroUsd === 0
      ? `There is no budget for descriptions here. ${kept} there is one.`
      : `This month’s budget for descriptions ($${amount}) is used up. ${kept} the next month begins (${day}, UTC) or the limit is raised.`;
  return { code: 'over_budget', message };
}
