import { parseCameraDate, wallTime } from '../../domain/camera-date.ts';
import type { Metadata } from '../../domain/image.ts';
import type { TagGroups } from './parse.ts';
import { exifText, numberFrom, rounded, type Tags, tagValue, xmpText } from './values.ts';

type Position = NonNullable<Metadata['gps']>;

/** A tenth of a metre; altitudes are no better than a centimetre. */
const DEGREE_DIGITS = 6;
const METRE_DIGITS = 2;
/** Below the deepest sea floor and above any aircraft that takes photos: not an altitude. */
const LEAST_METRES = -12_000;
const MOST_METRES = 100_000;

/** Where the photo was taken: EXIF, and XMP where it is silent. `undefined` where the tags are incomplete, out of range or mere zeros. */
export function positionOf({ exif, xmp }: Pick<TagGroups, 'exif' | 'xmp'>): Position | undefined {
  const tags = exif as Tags | undefined;
  const lat = coordinate(tags, 'GPSLatitude', 'NS', 90) ?? xmpCoordinate(xmp, 'GPSLatitude', 'NS', 90);
  const lon = coordinate(tags, 'GPSLongitude', 'EW', 180) ?? xmpCoordinate(xmp, 'GPSLongitude', 'EW', 180);
  if (lat === undefined || lon === undefined) return undefined;
  const altitude = altitudeOf(tags) ?? xmpAltitude(xmp);
  // Where there was no fix, many cameras write zeros: the middle of the Gulf of Guinea needs a witness.
  if (lat === 0 && lon === 0 && !altitude && !hasWitness(tags)) return undefined;
  return altitude === undefined ? { lat, lon } : { lat, lon, altitude };
}

/** The satellites' clock, in UTC; `undefined` where date or time are absent or broken. */
export function satelliteTime({ exif }: Pick<TagGroups, 'exif'>): string | undefined {
  const tags = exif as Tags | undefined;
  const day = parseCameraDate(exifText(tags, 'GPSDateStamp') ?? '')?.local.slice(0, 10);
  const time = timeStamp(tags);
  if (day === undefined || !time) return undefined;
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return wallTime(year, month, date, ...time);
}

function timeStamp(tags: Tags | undefined): [number, number, number] | undefined {
  const value = tagValue(tags, 'GPSTimeStamp');
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [hour, minute, second] = value.map(numberFrom);
  return hour === undefined || minute === undefined || second === undefined ? undefined : [hour, minute, second];
}

function hasWitness(tags: Tags | undefined): boolean {
  const satellites = Number.parseInt(exifText(tags, 'GPSSatellites') ?? '', 10);
  const method = tagValue(tags, 'GPSProcessingMethod');
  return (
    satellites > 0 ||
    (Array.isArray(method) && method.length > 0) ||
    parseCameraDate(exifText(tags, 'GPSDateStamp') ?? '') !== undefined ||
    (timeStamp(tags)?.some((part) => part > 0) ?? false)
  );
}

/** Degrees, minutes and seconds as rationals, and the hemisphere beside them. `sides` are the positive and the negative one. */
function coordinate(tags: Tags | undefined, name: string, sides: string, most: number): number | undefined {
  const value = tagValue(tags, name);
  if (!Array.isArray(value)) return undefined;
  const parts: unknown[] = typeof value[0] === 'number' ? [value] : value;
  const degrees = numberFrom(parts[0]);
  if (degrees === undefined || parts.length > 3) return undefined;
  // Some cameras write 0/0 for the seconds they do not give.
  const [minutes = 0, seconds = 0] = parts.slice(1).map((part) => numberFrom(part) ?? 0);
  return signed(degrees + minutes / 60 + seconds / 3600, exifText(tags, `${name}Ref`), sides, most);
}

/** `43,28.0469N` or `43,28,3N` (XMP specification part 2, GPSCoordinate). */
function xmpCoordinate(xmp: Tags | undefined, name: string, sides: string, most: number): number | undefined {
  const found = /^(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])$/.exec(
    xmpText(xmp, name) ?? '',
  );
  if (!found) return undefined;
  const degrees = Number(found[1]) + Number(found[2]) / 60 + Number(found[3] ?? 0) / 3600;
  return signed(degrees, found[4], sides, most);
}

function signed(degrees: number, side: string | undefined, sides: string, most: number): number | undefined {
  const index = sides.indexOf(side?.trim().charAt(0).toUpperCase() || '?');
  if (index < 0 || !(degrees >= 0 && degrees <= most)) return undefined;
  return rounded(index === 0 ? degrees : -degrees, DEGREE_DIGITS);
}

function altitudeOf(tags: Tags | undefined): number | undefined {
  return metres(numberFrom(tagValue(tags, 'GPSAltitude')), tagValue(tags, 'GPSAltitudeRef') === 1);
}

function xmpAltitude(xmp: Tags | undefined): number | undefined {
  return metres(numberFrom(xmpText(xmp, 'GPSAltitude')), xmpText(xmp, 'GPSAltitudeRef') === '1');
}

function metres(height: number | undefined, belowSea: boolean): number | undefined {
  if (height === undefined) return undefined;
  const altitude = rounded(belowSea ? -height : height, METRE_DIGITS);
  return altitude >= LEAST_METRES && altitude <= MOST_METRES ? altitude : undefined;
}
