import { formatOffset, LEAST_OFFSET, MOST_OFFSET, offsetMinutes, wallMilliseconds, wallTimeAt } from './camera-date.ts';
import type { TakenAtSource } from './image.ts';

/** What a file tells about when it was taken. Wall times are `YYYY-MM-DDTHH:MM:SS`. */
export interface CameraClock {
  /** What the camera's clock showed. */
  local?: string;
  /** `±HH:MM`, as the file itself says. */
  offset?: string;
  /** The satellites' clock, in UTC. */
  gps_utc?: string;
  position?: { lat: number; lon: number };
}

/** Offsets from UTC (`±HH:MM`) in the time zone of a position; `null` where there is none. */
export interface ZoneOffsets {
  /** When clocks there showed this wall time. */
  atLocal(lat: number, lon: number, local: string): string | null;
  /** At this instant, a wall time in UTC. */
  atUtc(lat: number, lon: number, utc: string): string | null;
}

export interface TakenAt {
  taken_at: string;
  taken_at_offset?: string;
  taken_at_source: TakenAtSource;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The first photograph; what is older, a clock that was never set, is absent. */
const FIRST_YEAR = '1826';
/** Offsets that are no whole hours, wherever one has been in use since there is GPS; in minutes. */
const BROKEN_OFFSETS = new Set([-570, -270, -210, -150, 210, 270, 330, 345, 390, 510, 525, 570, 630, 690, 765, 825]);

/**
 * When a photo was taken, as the local wall time there, and how far that can be trusted. In this order: an offset the file names; the
 * difference between the camera's clock and the satellites'; the time zone of the position; the camera's clock alone; the satellites'
 * clock alone; the upload. `createdAt` is the time of the upload (ISO 8601, UTC); dates a day later and more are not believed.
 */
export function resolveTakenAt(clock: CameraClock, zones: ZoneOffsets, createdAt: string): TakenAt {
  const latest = Date.parse(createdAt) + DAY_MS;
  const believed = (wall: string | undefined) =>
    wall !== undefined && wall >= FIRST_YEAR && wallMilliseconds(wall) <= latest ? wall : undefined;
  const local = believed(clock.local);
  const utc = believed(clock.gps_utc);

  if (local !== undefined) return { taken_at: local, ...offsetOf(local, utc, clock, zones) };
  if (utc !== undefined) return { ...fromSatellites(utc, clock, zones), taken_at_source: 'gps_time' };
  return {
    taken_at: wallTimeAt(Date.parse(createdAt)),
    taken_at_offset: '+00:00',
    taken_at_source: 'upload',
  };
}

function offsetOf(
  local: string,
  utc: string | undefined,
  { offset, position }: CameraClock,
  zones: ZoneOffsets,
): Omit<TakenAt, 'taken_at'> {
  if (offset !== undefined) return { taken_at_offset: offset, taken_at_source: 'offset_tag' };
  const measured = utc === undefined ? null : offsetBetween(local, utc);
  if (measured !== null) return { taken_at_offset: measured, taken_at_source: 'gps_time' };
  const zone = position ? zones.atLocal(position.lat, position.lon, local) : null;
  if (zone !== null) return { taken_at_offset: zone, taken_at_source: 'gps_zone' };
  return { taken_at_source: 'camera' };
}

/**
 * The offset that explains the difference between a camera's clock and the satellites', to a quarter of an hour: cameras are minutes
 * off, and a position may be minutes old. `null` where no place has such an offset, so that one of the clocks must be wrong.
 */
function offsetBetween(local: string, utc: string): string | null {
  const minutes = Math.round((wallMilliseconds(local) - wallMilliseconds(utc)) / (15 * MINUTE_MS)) * 15;
  if (minutes < LEAST_OFFSET || minutes > MOST_OFFSET) return null;
  return minutes % 60 === 0 || BROKEN_OFFSETS.has(minutes) ? formatOffset(minutes) : null;
}

function fromSatellites(utc: string, { position }: CameraClock, zones: ZoneOffsets) {
  const offset = (position && zones.atUtc(position.lat, position.lon, utc)) ?? '+00:00';
  return {
    taken_at: wallTimeAt(wallMilliseconds(utc) + offsetMinutes(offset) * MINUTE_MS),
    taken_at_offset: offset,
  };
}
