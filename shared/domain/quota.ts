import { type ImageRecord, isTerminal, type Reason } from './image.ts';
import { emptySummary, type Summary } from './summary.ts';

/** What one person may use, what they use, and what is refused beyond it. A limit of `Infinity` is none. */

export interface Amount {
  images: number;
  /** Of originals. */
  bytes: number;
}

/** Uploads announced within one minute. */
export interface Announced extends Amount {
  /** The minute's beginning, ISO. */
  at: string;
}

/** Uploads that are being announced: their records may not be there yet. */
export interface Announcing extends Amount {
  at: string;
}

/** What a person has announced lately. */
export interface UploadLedger {
  version: number;
  /** By minute, oldest first. */
  announced: Announced[];
  /** By the id of the request. */
  announcing: Record<string, Announcing>;
}

export const emptyLedger = (): UploadLedger => ({ version: 0, announced: [], announcing: {} });

/** Forms that were given out and may still be used: so many, for an hour at the most. */
export const MOST_OPEN_FORMS = 10_000;

const MINUTE_MS = 60_000;
/** After this a photo that was announced counts only once it has ended: forms live an hour, and processing takes minutes. */
const COUNTED_MS = 120 * MINUTE_MS;
/** No request lives longer. */
const ANNOUNCING_MS = MINUTE_MS;

const NOTHING: Amount = { images: 0, bytes: 0 };
const sum = (amounts: Iterable<Amount>): Amount => {
  const all = { ...NOTHING };
  for (const { images, bytes } of amounts) {
    all.images += images;
    all.bytes += bytes;
  }
  return all;
};
const since = (now: Date, ms: number) => new Date(now.getTime() - ms).toISOString();

/** From when on announced uploads are counted before they have ended. */
export const countedSince = (now: Date): Date => new Date(now.getTime() - COUNTED_MS);

/** The ledger with a request's uploads, without what is too old to count. */
export function announce(ledger: UploadLedger, requestId: string, amount: Amount, now: Date): UploadLedger {
  const minute = `${now.toISOString().slice(0, 16)}:00.000Z`;
  const announced = ledger.announced.filter(({ at }) => at >= since(now, COUNTED_MS + MINUTE_MS));
  const last = announced.at(-1);
  const entry = last?.at === minute ? last : { ...NOTHING, at: minute };
  return {
    version: ledger.version + 1,
    announced: [...announced.filter((other) => other !== entry), { at: minute, ...sum([entry, amount]) }],
    announcing: { ...recent(ledger, now), [requestId]: { ...amount, at: now.toISOString() } },
  };
}

const recent = ({ announcing }: UploadLedger, now: Date) =>
  Object.fromEntries(Object.entries(announcing).filter(([, { at }]) => at >= since(now, ANNOUNCING_MS)));

/** What may be on its way at the most, by the ledger alone. */
export const announcedLately = (ledger: UploadLedger, now: Date): Amount =>
  sum(ledger.announced.filter(({ at }) => at >= since(now, COUNTED_MS + MINUTE_MS)));

/** What other requests are announcing at this moment. */
export const announcingNow = (ledger: UploadLedger, now: Date): Amount => sum(Object.values(recent(ledger, now)));

/** How many forms that live so long may still be good, used ones included, and when the oldest of them ends. */
export function openForms(ledger: UploadLedger, now: Date, lifetimeMs: number): { forms: number; until: Date } {
  // Given out at the end of its minute, it may live for one minute longer.
  const lifetime = lifetimeMs + MINUTE_MS;
  const good = ledger.announced.filter(({ at }) => at >= since(now, lifetime));
  const oldest = good[0] ? Date.parse(good[0].at) : now.getTime();
  return { forms: sum(good).images, until: new Date(oldest + lifetime) };
}

/** What of a record tells whether it is counted before it has ended. */
export type UnderWay = Pick<ImageRecord, 'status' | 'generation' | 'expected' | 'deleted_at'>;

/** What is on its way for the first time: the counters know the others. */
export const onTheirWay = (records: readonly UnderWay[]): Amount =>
  sum(
    records
      .filter(({ status, generation, deleted_at }) => generation === 0 && !deleted_at && !isTerminal(status))
      .map(({ expected }) => ({ images: 1, bytes: expected.bytes })),
  );

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
