import tzLookup from '@photostructure/tz-lookup';
import { formatOffset, wallMilliseconds } from '../domain/camera-date.ts';
import type { ZoneOffsets } from '../domain/taken-at.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Offsets from UTC by position, offline: the zone from tz-lookup (at sea the nautical one), its rules from the runtime's ICU. Daylight
 * saving is that of the day. Where clocks were set back, so that a wall time came twice, it is the first; where they were set forward
 * past it, so that it never came, it is read by the clock before the change.
 */
export function createTimeZones(): ZoneOffsets {
  const formats = new Map<string, Intl.DateTimeFormat>();

  function formatOf(lat: number, lon: number): Intl.DateTimeFormat | null {
    const zone = zoneAt(lat, lon);
    if (zone === null) return null;
    const format =
      formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
    return format;
  }

  return {
    atLocal(lat, lon, local) {
      const format = formatOf(lat, lon);
      if (!format) return null;
      const wall = wallMilliseconds(local);
      const before = minutesAt(format, wall - DAY_MS);
      const after = minutesAt(format, wall + DAY_MS);
      const candidates = [Math.max(before, after), Math.min(before, after)];
      const shown = candidates.find((minutes) => minutesAt(format, wall - minutes * MINUTE_MS) === minutes);
      return formatOffset(shown ?? before);
    },

    atUtc(lat, lon, utc) {
      const format = formatOf(lat, lon);
      return format && formatOffset(minutesAt(format, wallMilliseconds(utc)));
    },
  };
}

/** The time zone (IANA) at a position, at sea the nautical one; `null` for what is no position. */
export function zoneAt(lat: number, lon: number): string | null {
  try {
    return tzLookup(lat, lon);
  } catch {
    // It throws for what is no position.
    return null;
  }
}

/** Minutes east of UTC at an instant. Before there were zones, offsets had seconds; they are left out. */
function minutesAt(format: Intl.DateTimeFormat, milliseconds: number): number {
  const name = format.formatToParts(milliseconds).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const found = /^GMT([-+\u2212])(\d{2}):(\d{2})/.exec(name);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === '+' ? minutes : -minutes;
}
