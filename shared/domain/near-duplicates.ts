import { colorLikeness } from './color-bins.ts';
import type { ColorBin, ImageRecord } from './image.ts';
import { hamming } from './phash.ts';

/** Perceptual hashes of copies of one picture differ in no more bits. */
export const NEAR_DISTANCE = 12;

/** Nor in more than this part of the bits set: gradients and even pictures have few, so that few differ between any two of them. */
const NEAR_SHARE = 0.25;
/** Photos have about 32 bits set. A hash of fewer than this says so little that colours must decide. */
const TELLING_BITS = 12;

/** Natural logarithm of the quotient of two aspect ratios: 6 % cut off one way is 0.06. */
const MOST_STRETCH = 0.1;
/** What a copy 15 % brighter or darker gains or loses in mean lightness (OKLab), and some more. */
const MOST_LIGHTER = 0.2;
const LEAST_LIKENESS = 0.8;
/** For pictures known by their colours only: at a likeness of 0.9 with this spread, even colours differ by 0.014. */
const EXACT = { spread: 0.03, likeness: 0.9 };

/** What of a record tells whether two photos show the same picture. Without colours or size, the others decide. */
export type Looks = Pick<ImageRecord, 'phash' | 'color_bins' | 'width' | 'height'>;

/**
 * Whether two photos are one picture but for compression, size, a crop of a few per cent or brightness: hashes within
 * {@link NEAR_DISTANCE}, about the same proportions, and the same colours, all a little lighter or darker. Pictures without structure
 * (even colours, gradients) must also have the same lightness. Symmetric; `false` where a hash is missing.
 */
export function looksSame(first: Looks, second: Looks): boolean {
  if (!first.phash || !second.phash) return false;
  const set = bitsSet(first.phash) + bitsSet(second.phash);
  if (hamming(first.phash, second.phash) > Math.min(NEAR_DISTANCE, NEAR_SHARE * set)) return false;
  if (Math.abs(Math.log(proportions(first) / proportions(second))) > MOST_STRETCH) return false;
  return sameColors(first.color_bins ?? [], second.color_bins ?? [], set >= 2 * TELLING_BITS);
}

/** Sorts near-duplicates, the best one first: most pixels, then most bytes, then the one that was there first. Never 0. */
export function betterFirst(one: Ranked, other: Ranked): number {
  const pixels = ({ width = 0, height = 0 }: Ranked) => width * height;
  return (
    pixels(other) - pixels(one) || (other.bytes ?? 0) - (one.bytes ?? 0) || (one.image_id < other.image_id ? -1 : 1)
  );
}
type Ranked = Pick<ImageRecord, 'image_id' | 'width' | 'height' | 'bytes'>;

function bitsSet(hash: string): number {
  return hamming(hash, '0');
}

function proportions({ width, height }: Looks): number {
  return width && height ? width / height : Number.NaN;
}

function sameColors(first: readonly ColorBin[], second: readonly ColorBin[], brightnessMayDiffer: boolean): boolean {
  if (first.length === 0 && second.length === 0) return true;
  if (!brightnessMayDiffer) return colorLikeness(first, second, EXACT) >= EXACT.likeness;
  const lighter = meanLightness(first) - meanLightness(second);
  return Math.abs(lighter) <= MOST_LIGHTER && colorLikeness(first, second, { lighter }) >= LEAST_LIKENESS;
}

function meanLightness(bins: readonly ColorBin[]): number {
  const weight = bins.reduce((sum, { share }) => sum + share, 0);
  return bins.reduce((sum, { l, share }) => sum + l * share, 0) / weight;
}
