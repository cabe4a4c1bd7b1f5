/**
 * Where a photo stands in an album put in order by hand: a rank, compared as text. A photo that is added gets the time as its rank, so that
 * it comes last; one that is placed gets a rank between its neighbours' (fractional indexing: digits behind a point, base 36).
 */

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Milliseconds in base 36: nine digits until the year 5188. */
const TIME_DIGITS = 9;
/** Of photos placed together: 36² places. */
const INDEX_DIGITS = 2;
/** Ranks that share one time. */
export const MOST_PLACES = 36 ** INDEX_DIGITS;

/** Sort keys end at 1,024 bytes. Reached by placing a thousand photos one by one behind the same one. */
export const LONGEST_RANK = 200;

/** A photo's place in an album, as its record keeps it: `rank`, or `rank@added` where it was placed by hand. */
export interface Position {
  rank: string;
  /** The rank it was added with. */
  added: string;
}

const inDigits = (number: number, length: number) => number.toString(36).padStart(length, '0');

/** The rank of the `index`-th (0–1295) of the photos added at this time. */
export const rankAt = (at: Date, index: number): string =>
  inDigits(at.getTime(), TIME_DIGITS) + inDigits(index, INDEX_DIGITS);

/** `count` ranks in order, all above `low` and below `high` (`null`: nothing follows). `low` must be below `high`. */
export function ranksBetween(low: string, high: string | null, count: number): string[] {
  if (count === 0) return [];
  // Halved again and again, so that ranks of many are hardly longer than that of one.
  const middle = between(low, high?.replace(/0+$/, '') ?? null);
  const before = Math.floor((count - 1) / 2);
  return [...ranksBetween(low, middle, before), middle, ...ranksBetween(middle, high, count - 1 - before)];
}

/** Neither bound nor result is longer than it must be: the result never ends in 0. */
function between(low: string, high: string | null): string {
  // No text lies between; behind both is nearest.
  if (high !== null && low >= high) return between(low, null);
  const first = digitOf(low);
  const last = high === null ? DIGITS.length : digitOf(high);
  if (first === last) return DIGITS[first] + between(low.slice(1), high?.slice(1) ?? null);
  if (last - first > 1) return String(DIGITS[Math.floor((first + last) / 2)]);
  if (high !== null && high.length > 1) return high.charAt(0);
  return DIGITS[first] + between(low.slice(1), null);
}

/** What has no more digits goes on with zeros. */
const digitOf = (rank: string): number => Math.max(0, DIGITS.indexOf(rank.charAt(0) || '0'));

export function parsePosition(stored: string): Position {
  const [rank = '', added = rank] = stored.split('@');
  return { rank, added };
}

export const storePosition = ({ rank, added }: Position): string => (rank === added ? rank : `${rank}@${added}`);
