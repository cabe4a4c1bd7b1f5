import { type CameraDate, parseCameraDate, parseOffset } from '../../domain/camera-date.ts';
import type { Metadata } from '../../domain/image.ts';
import type { CameraClock } from '../../domain/taken-at.ts';
import type { TagGroups } from './parse.ts';
import { satelliteTime } from './position.ts';
import { exifText, iptcTexts, known, type Tags, xmpText } from './values.ts';

/** When the shutter opened, as far as the file tells; the first of these that is a date. */
const TAKEN: readonly ((groups: TagGroups) => CameraDate | undefined)[] = [
  ({ exif }) => exifDate(exif as Tags | undefined, 'DateTimeOriginal', 'OffsetTimeOriginal'),
  ({ exif }) => exifDate(exif as Tags | undefined, 'DateTimeDigitized', 'OffsetTimeDigitized'),
  ({ xmp }) => xmpDate(xmp, 'DateTimeOriginal'),
  ({ xmp }) => xmpDate(xmp, 'DateCreated'),
  ({ xmp }) => xmpDate(xmp, 'CreateDate'),
  ({ iptc }) => iptcDate(iptc as Tags | undefined),
];

/** The camera's clock when the picture was taken, as the record shows it. */
export function dateTaken(groups: TagGroups): Pick<Metadata, 'datetime_original'> {
  const taken = firstDate(groups);
  return taken ? { datetime_original: taken.local } : {};
}

/**
 * All that tells when the picture was taken. Where nothing else does, the date of the last change (`DateTime`) is better than that of the
 * upload: many phones and scanners write no other.
 */
export function cameraClock(groups: TagGroups, position: Metadata['gps']): CameraClock {
  const date = firstDate(groups) ?? exifDate(groups.exif as Tags | undefined, 'DateTime', 'OffsetTime');
  return known<CameraClock>({
    local: date?.local,
    offset: date?.offset,
    gps_utc: satelliteTime(groups),
    position: position && { lat: position.lat, lon: position.lon },
  });
}

function firstDate(groups: TagGroups): CameraDate | undefined {
  for (const read of TAKEN) {
    const date = read(groups);
    if (date) return date;
  }
  return undefined;
}

/** A date of EXIF with its own offset tag, or the one general offset that some cameras write alone. */
function exifDate(exif: Tags | undefined, name: string, offsetName: string): CameraDate | undefined {
  const date = parseCameraDate(exifText(exif, name) ?? '');
  const offset = parseOffset(exifText(exif, offsetName) ?? '') ?? parseOffset(exifText(exif, 'OffsetTime') ?? '');
  return date && offset !== undefined ? { ...date, offset } : date;
}

function xmpDate(xmp: Tags | undefined, name: string): CameraDate | undefined {
  return parseCameraDate(xmpText(xmp, name) ?? '');
}

function iptcDate(iptc: Tags | undefined): CameraDate | undefined {
  const day = iptcTexts(iptc, 'Date Created')[0];
  const time = iptcTexts(iptc, 'Time Created')[0] ?? '';
  return day === undefined ? undefined : (parseCameraDate(`${day} ${time}`) ?? parseCameraDate(day));
}
