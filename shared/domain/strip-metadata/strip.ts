import type { Bytes } from './bytes.ts';
import { stripJpeg } from './jpeg.ts';
import { stripPng } from './png.ts';
import { stripWebp } from './webp.ts';

const BY_TYPE: Readonly<Record<string, (source: Bytes, orientation: number) => AsyncGenerator<Uint8Array>>> = {
  'image/jpeg': stripJpeg,
  'image/png': stripPng,
  'image/webp': stripWebp,
};

/** Types of which metadata can be taken out without touching a pixel. */
export const STRIPPABLE: readonly string[] = Object.keys(BY_TYPE);

/**
 * A picture without what it says about itself: position, camera, times, words, small copies of itself. Pixels, colour profile and how it is
 * to be turned (1–8, as in EXIF) stay. Works on the stream, in bounded memory; what is not recognised as belonging to the picture is
 * left out. Throws `BrokenFile` where the file is none of its type.
 */
export function stripMetadata(source: Bytes, contentType: string, orientation: number): AsyncGenerator<Uint8Array> {
  const strip = BY_TYPE[contentType];
  if (!strip) throw new Error(`Metadata cannot be taken out of ${contentType}`);
  return strip(source, orientation >= 1 && orientation <= 8 ? orientation : 1);
}
