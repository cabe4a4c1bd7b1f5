/**
 * Dates as cameras and editors write them: EXIF (`2004:08:27 13:52:55`), XMP (ISO 8601, possibly cut short or with an offset) and IPTC
 * (`2004-08-27 13:52:55+01:00`). Wall times are kept as text, `YYYY-MM-DDTHH:MM:SS`: they have no instant until an offset is known.
 */

/** A wall time, and the offset from UTC where the text tells it. */
export interface CameraDate {
  local: string;
  /** `±HH:MM`. */
  offset?: string;
}

const DATE =
  /^(\d{4})[-:./ ](\d{1,2})[-:./ ](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d*)?)?\s*(Z|[-+]\d{1,2}:?\d{2})?)?$/i;
const OFFSET = /^([-+])(\d{1,2}):?(\d{2})$/;

const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');

/**
 * Reads a date; a day without a time begins at midnight. `undefined` for what is none: zeros and blanks of cameras whose clock was
 * never set, days that no calendar has, a month or a year alone.
 */
export function parseCameraDate(text: string): CameraDate | undefined {
  const found = DATE.exec(text.trim());
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as number[];
  const local = wallTime(year ?? 0, month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0);
  const offset = found[7] === undefined ? undefined : parseOffset(found[7]);
  return local === undefined ? undefined : { local, ...(offset === undefined ? {} : { offset }) };
}

/** The wall time of these numbers, or `undefined` where no clock can show them. Seconds may have a fraction, which is cut off. */
export function wallTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): string | undefined {
  const seconds = Math.floor(second);
  const text = `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(seconds)}`;
  const instant = new Date(`${text}Z`);
  // An invalid date has no text; 30 February and 24:00 become another day.
  const same = year > 0 && !Number.isNaN(instant.getTime()) && instant.toISOString() === `${text}.000Z`;
  return same ? text : undefined;
}

/** `±HH:MM` of an offset tag (`+02:00`, `-0700`, `Z`), or `undefined` where no place on earth has it. */
export function parseOffset(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^z$/i.test(trimmed)) return '+00:00';
  const found = OFFSET.exec(trimmed);
  if (!found) return undefined;
  const minutes = (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
  if (Number(found[3]) >= 60 || minutes < LEAST_OFFSET || minutes > MOST_OFFSET) return undefined;
  return formatOffset(minutes);
}

/** Minutes east of UTC: Baker Island and the Line Islands. */
export const LEAST_OFFSET = -12 * 60;
export const MOST_OFFSET = 14 * 60;

/** Minutes east of UTC as `±HH:MM`. */
export function formatOffset(minutes: number): string {
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(distance / 60))}:${pad(distance % 60)}`;
}

/** `±HH:MM` as minutes east of UTC. */
export function offsetMinutes(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return offset.startsWith('-') ? -minutes : minutes;
}

/** A wall time read as if it were UTC, in milliseconds: what differences between wall times are made of. */
export function wallMilliseconds(local: string): number {
  return Date.parse(`${local}Z`);
}

/** The wall time that {@link wallMilliseconds} reads back. */
export function wallTimeAt(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}
