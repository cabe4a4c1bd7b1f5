import { type ImageRecord, type ImageStatus, isTerminal } from './image.ts';
import { type Amount, NOTHING, sum } from './quota.ts';

/** What a person has announced and the counters do not know yet. */

/** An amount at a moment, ISO. */
export interface AmountAt extends Amount {
  at: string;
}

/** Uploads announced within the minute that begins `at`, or within several: from then until the minute that begins `until` is over. */
export interface Announced extends AmountAt {
  until?: string;
  /** What of it was still on its way when somebody looked (`at`), with what was announced since. Absent: nobody has. */
  left?: AmountAt;
}

/** What a person has announced, until it has ended. */
export interface UploadLedger {
  version: number;
  /** Oldest first, none within another. */
  announced: Announced[];
  /** Uploads whose records may not be there yet, by the id of the request. */
  announcing: Record<string, AmountAt>;
  /** When somebody last looked at what of it has ended. */
  looked_at?: string;
}

export const emptyLedger = (): UploadLedger => ({ version: 0, announced: [], announcing: {} });

/** Forms that were given out and may still be used: so many, for an hour at the most. */
export const MOST_OPEN_FORMS = 10_000;

const MINUTE_MS = 60_000;
/** So long minutes stand alone, ended or not: forms that live an hour at the most are counted by them. */
const ALONE_MS = 62 * MINUTE_MS;
/** More would make a large item of the ledger, and each request writes it: the oldest are joined. */
const MOST_MINUTES = 240;
/** With more the ledger is looked through although there is room: most of it has ended long ago. */
const CROWDED_MINUTES = 120;
/** No request lives longer. */
const ANNOUNCING_MS = MINUTE_MS;
/** A look may read thousands of records: so long the next one waits, and where it only tidies. */
const LOOK_EVERY_MS = 5_000;
const TIDY_EVERY_MS = MINUTE_MS;

const since = (now: Date, ms: number) => new Date(now.getTime() - ms).toISOString();
const minus = (one: Amount, other: Amount): Amount => ({
  images: Math.max(0, one.images - other.images),
  bytes: Math.max(0, one.bytes - other.bytes),
});
const minuteOf = (moment: Date) => `${moment.toISOString().slice(0, 16)}:00.000Z`;
const leftOf = ({ left, images, bytes }: Announced): Amount => left ?? { images, bytes };
const isEmpty = ({ images, bytes }: Amount) => images === 0 && bytes === 0;

/** The ledger with a request's uploads. */
export function announce(ledger: UploadLedger, requestId: string, amount: Amount, now: Date): UploadLedger {
  const minute = minuteOf(now);
  const before = ledger.announced.at(-1);
  // Clocks differ: what is announced by one that is behind belongs to the minute that has begun already.
  const same = before && before.at >= minute ? before : null;
  const at = same?.at ?? minute;
  const left = same?.left && { at: same.left.at, ...sum([same.left, amount]) };
  const entry: Announced = { at, ...sum(same ? [same, amount] : [amount]), ...(left && { left }) };
  const others = same ? ledger.announced.slice(0, -1) : ledger.announced;
  return {
    ...ledger,
    version: ledger.version + 1,
    announced: joined(worthKeeping([...others, entry], now), now),
    announcing: { ...recent(ledger, now), [requestId]: { ...amount, at: now.toISOString() } },
  };
}

const untilOf = ({ at, until = at }: Announced) => until;
const standsAlone = (entry: Announced, now: Date) => untilOf(entry) >= since(now, ALONE_MS);

const worthKeeping = (announced: readonly Announced[], now: Date) =>
  announced.filter((entry) => standsAlone(entry, now) || !isEmpty(leftOf(entry)));

/** No more than so many, whatever stands still for however long: those that together span the shortest time become one. */
function joined(announced: readonly Announced[], now: Date): Announced[] {
  const entries = [...announced];
  while (entries.length > MOST_MINUTES) {
    const old = entries.filter((entry) => !standsAlone(entry, now));
    const span = (index: number) =>
      Date.parse(untilOf(old[index + 1] as Announced)) - Date.parse((old[index] as Announced).at);
    const pairs = old.slice(1).map((_, index) => index);
    const first = pairs.reduce((best, index) => (span(index) < span(best) ? index : best), 0);
    const [one, other] = old.slice(first, first + 2);
    if (!one || !other) break;
    entries.splice(first, 2, join(one, other));
  }
  return entries;
}

function join(one: Announced, other: Announced): Announced {
  const both = { at: one.at, until: untilOf(other), ...sum([one, other]) };
  if (!one.left && !other.left) return both;
  const [seen = ''] = [one, other].map(({ at, left }) => left?.at ?? at).sort();
  return { ...both, left: { at: seen, ...sum([leftOf(one), leftOf(other)]) } };
}

const recent = ({ announcing }: UploadLedger, now: Date) =>
  Object.fromEntries(Object.entries(announcing).filter(([, { at }]) => at >= since(now, ANNOUNCING_MS)));

/** What may be on its way at the most, by the ledger alone. */
export const mostOnTheirWay = (ledger: UploadLedger): Amount => sum(ledger.announced.map(leftOf));

/** Milliseconds until the ledger may be looked through again. */
export const lookWait = ({ looked_at }: UploadLedger, now: Date): number =>
  looked_at === undefined ? 0 : Math.max(0, Date.parse(looked_at) + LOOK_EVERY_MS - now.getTime());

/** Whether it is time to look at what has ended although there is room. */
export const needsTidying = ({ announced, looked_at }: UploadLedger, now: Date): boolean =>
  announced.length > CROWDED_MINUTES && (looked_at === undefined || looked_at < since(now, TIDY_EVERY_MS));

/** The ledger of somebody who looks through it: side by side with them nobody else does. */
export const beginLook = (ledger: UploadLedger, now: Date): UploadLedger => ({
  ...ledger,
  version: ledger.version + 1,
  looked_at: now.toISOString(),
});

/** Part of a ledger, and between which moments the ids of its photos were made. */
export interface Stretch {
  entry: Announced;
  from: Date;
  to: Date;
}

/** What is to be looked at: first what nobody has, then what somebody did longest ago. */
export function stretches({ announced }: UploadLedger): Stretch[] {
  const all = announced.map((entry, index) => {
    // Records follow within a minute. Where the next part has begun by then they are taken for its own.
    const end = Date.parse(untilOf(entry)) + MINUTE_MS + ANNOUNCING_MS;
    const next = announced[index + 1];
    return { entry, from: new Date(entry.at), to: new Date(next ? Math.min(end, Date.parse(next.at)) : end) };
  });
  const seen = ({ entry: { left } }: Stretch) => left?.at ?? '';
  return all.filter(({ entry }) => !isEmpty(leftOf(entry))).sort((one, other) => (seen(one) < seen(other) ? -1 : 1));
}

/** What a look found of one part of a ledger. */
export interface Found {
  /** As it was when the look began. */
  entry: Announced;
  onTheirWay: Amount;
  /** Where the look ended before the part did: in front of this minute, after so many photos in so many minutes. */
  stopped?: { at: string; last: string; seen: Amount };
}

/** Takes photos in the order of their ids, until more than `most` were taken and a minute is over. */
export async function lookAt(
  { entry }: Stretch,
  records: AsyncIterable<UnderWay & { image_id: string }>,
  most: number,
): Promise<Found & { read: number }> {
  const seen = { ...NOTHING };
  let onTheirWay = { ...NOTHING };
  let last = entry.at;
  for await (const record of records) {
    const at = minuteOf(uuidTime(record.image_id));
    if (seen.images >= most && at > last) return { entry, onTheirWay, stopped: { at, last, seen }, read: seen.images };
    last = at;
    seen.images += 1;
    seen.bytes += record.expected.bytes;
    onTheirWay = sum([onTheirWay, onItsWay(record)]);
  }
  return { entry, onTheirWay, read: seen.images };
}

/** UUIDs of version 7 begin with their time in milliseconds, 48 bits (RFC 9562). */
const uuidTime = (id: string) => new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16));

/** The ledger as it is by now with what a look found that `began` with another. What was announced since counts on top. */
export function endLook(ledger: UploadLedger, found: readonly Found[], began: UploadLedger, now: Date): UploadLedger {
  const byStart = new Map(found.map((each) => [each.entry.at, each]));
  const { looked_at = now.toISOString() } = began;
  // Records of these may have come after the look.
  const announcing = Object.values(began.announcing).filter(
    ({ at }) => at >= since(new Date(looked_at), ANNOUNCING_MS),
  );
  const announced = ledger.announced.flatMap((entry) => {
    const look = byStart.get(entry.at);
    if (!look) return [entry];
    const later = announcing.filter(({ at }) => minuteOf(new Date(at)) === entry.at);
    return afterLook(entry, look, sum([minus(entry, look.entry), ...later]), looked_at);
  });
  return { ...ledger, version: ledger.version + 1, announced: worthKeeping(announced, now) };
}

function afterLook(entry: Announced, { onTheirWay, stopped }: Found, later: Amount, at: string): Announced[] {
  if (!stopped) return [{ ...entry, left: { at, ...sum([onTheirWay, later]) } }];
  // It was joined with others meanwhile: the next look begins anew.
  if (!isEmpty(later)) return [entry];
  const { left } = entry;
  return [
    { at: entry.at, until: stopped.last, ...stopped.seen, left: { at, ...onTheirWay } },
    {
      at: stopped.at,
      until: untilOf(entry) > stopped.at ? untilOf(entry) : stopped.at,
      ...minus(entry, stopped.seen),
      ...(left && { left: { at: left.at, ...minus(left, onTheirWay) } }),
    },
  ];
}

/** How many forms that live so long may still be good, used ones included, and when the oldest of them ends. */
export function openForms(ledger: UploadLedger, now: Date, lifetimeMs: number): { forms: number; until: Date } {
  // Given out at the end of its minute, it may live for one minute longer.
  const lifetime = lifetimeMs + MINUTE_MS;
  const good = ledger.announced.filter(({ at }) => at >= since(now, lifetime));
  const oldest = good[0] ? Date.parse(good[0].at) : now.getTime();
  return { forms: sum(good).images, until: new Date(oldest + lifetime) };
}

/** What of a record tells whether it is counted before the counters know it. */
export type UnderWay = Pick<ImageRecord, 'status' | 'generation' | 'expected' | 'deleted_at'> & { shard?: string };

/** What a photo counts for that is on its way for the first time: the counters know the others. */
export function onItsWay({ status, generation, expected, deleted_at, shard }: UnderWay): Amount {
  if (generation > 0 || deleted_at) return NOTHING;
  // What has ended stays on the list of what is under way until it is counted; of some of it nothing is kept.
  const ended = isTerminal(status) && (shard === undefined || NOT_KEPT.includes(status));
  return ended ? NOTHING : { images: 1, bytes: expected.bytes };
}

const NOT_KEPT: readonly ImageStatus[] = ['rejected', 'duplicate', 'expired'];
