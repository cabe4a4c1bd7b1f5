import { exposureText } from '../../domain/exposure.ts';
import type { Metadata } from '../../domain/image.ts';
import type { TagGroups } from './parse.ts';
import {
  exifText,
  known,
  line,
  numberFrom,
  positive,
  rounded,
  type Tags,
  tagValue,
  xmpText,
  xmpTexts,
} from './values.ts';

export type CameraFacts = Pick<
  Metadata,
  | 'camera_make'
  | 'camera_model'
  | 'lens_model'
  | 'iso'
  | 'focal_length'
  | 'exposure_time'
  | 'exposure_seconds'
  | 'f_number'
  | 'flash'
  | 'orientation'
>;

/** Far beyond what exists: a day, a pinhole, a telescope. */
const MOST_SECONDS = 86_400;
const MOST_F_NUMBER = 1_000;
const MOST_MILLIMETRES = 100_000;
const MOST_ISO = 10_000_000;
/** All that 16 bits hold: the true value is in another tag (Exif 2.3, PhotographicSensitivity). */
const ISO_ELSEWHERE = 65_535;

/** How the picture was taken: EXIF, and XMP where it is silent. */
export function cameraFacts({ exif, xmp }: Pick<TagGroups, 'exif' | 'xmp'>): CameraFacts {
  const tags = exif as Tags | undefined;
  const text = (name: string) => line(exifText(tags, name)) ?? line(xmpText(xmp, name));
  const quantity = (name: string, most: number) =>
    positive(numberFrom(tagValue(tags, name)), most) ?? positive(numberFrom(xmpText(xmp, name)), most);
  const seconds = quantity('ExposureTime', MOST_SECONDS);
  const fNumber = quantity('FNumber', MOST_F_NUMBER);
  const focalLength = quantity('FocalLength', MOST_MILLIMETRES);
  return known<CameraFacts>({
    camera_make: text('Make'),
    camera_model: text('Model'),
    lens_model: lens(text('LensModel') ?? line(xmpText(xmp, 'Lens'))),
    iso: isoOf(tags, xmp),
    focal_length: focalLength === undefined ? undefined : rounded(focalLength, 2),
    exposure_time: seconds === undefined ? undefined : exposureText(seconds),
    exposure_seconds: seconds === undefined ? undefined : Number(seconds.toPrecision(6)),
    f_number: fNumber === undefined ? undefined : rounded(fNumber, 2),
    flash: flashOf(tagValue(tags, 'Flash')) ?? flashFired(xmp),
    orientation: orientationOf(tagValue(tags, 'Orientation')),
  });
}

/** Adapted lenses leave dashes or zeros where a name should be. */
function lens(name: string | undefined): string | undefined {
  return name !== undefined && /[1-9\p{L}]/u.test(name) && !/^0(\.0)? ?mm/.test(name) ? name : undefined;
}

function isoOf(exif: Tags | undefined, xmp: Tags | undefined): number | undefined {
  const first = (name: string) => {
    const value = tagValue(exif, name);
    return positive(numberFrom(Array.isArray(value) ? value[0] : value), MOST_ISO);
  };
  const iso = first('ISOSpeedRatings') ?? positive(numberFrom(xmpTexts(xmp, 'ISOSpeedRatings')[0]), MOST_ISO);
  const elsewhere = () => first('RecommendedExposureIndex') ?? first('ISOSpeed') ?? first('StandardOutputSensitivity');
  return iso === undefined || iso === ISO_ELSEWHERE ? (elsewhere() ?? iso) : iso;
}

/** Bit 0 says whether it fired; the standard uses the seven lowest bits. */
function flashOf(value: unknown): boolean | undefined {
  return typeof value === 'number' && value >= 0 && value <= 0x7f ? (value & 1) === 1 : undefined;
}

function flashFired(xmp: Tags | undefined): boolean | undefined {
  const structure = tagValue(xmp, 'Flash');
  const fired = typeof structure === 'object' && structure !== null ? tagValue(structure as Tags, 'Fired') : undefined;
  return typeof fired === 'string' && /^(true|false)$/i.test(fired) ? /^true$/i.test(fired) : undefined;
}

function orientationOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 8 ? value : undefined;
}
