import { rgbaToThumbHash } from 'thumbhash';
import { colorBins } from '../domain/color-bins.ts';
import type { ColorBin, PaletteColor } from '../domain/image.ts';
import { type Oklab, srgbToOklab } from '../domain/oklab.ts';
import { paletteOf } from '../domain/palette.ts';
import { PHASH_SIDE, phashOf } from '../domain/phash.ts';
import type { Raster } from './raster.ts';
import { luminanceSquare, shrink } from './shrink.ts';

/** What a picture looks like, in the words of the record. */
export interface PixelFeatures {
  colors: PaletteColor[];
  color_bins: ColorBin[];
  placeholder: string;
  phash: string;
}

/** Side of the small picture the placeholder and the hash are made of: twice what the hash needs. */
const SMALL_SIDE = 64;
/** Colours are those of a grid of at most so many pixels a side, as they are: a mean of neighbours may be a colour that is not there. */
const SAMPLES_SIDE = 64;
/** So many of them are enough for a palette, which takes the longest of all. */
const PALETTE_SAMPLES = 2048;
/** Pixels less opaque than this do not count. */
const OPAQUE = 128;

/**
 * Describes an upright sRGB raster: palette, colours for searching, ThumbHash (base64) and perceptual hash. Never fails, and
 * answers the same for the same pixels. Colours are those of the opaque pixels; a picture without any has none.
 */
export async function describePixels(raster: Raster): Promise<PixelFeatures> {
  const pixels = sampleColors(raster);
  const step = Math.ceil(pixels.length / PALETTE_SAMPLES);
  const small = shrink(raster, SMALL_SIDE);
  return {
    colors: paletteOf(pixels.filter((_, index) => index % step === 0)),
    color_bins: colorBins(pixels),
    placeholder: Buffer.from(rgbaToThumbHash(small.width, small.height, small.data)).toString('base64'),
    phash: phashOf(luminanceSquare(small, PHASH_SIDE)),
  };
}

function sampleColors({ data, width, height, channels }: Raster): Oklab[] {
  const columns = Math.min(width, SAMPLES_SIDE);
  const rows = Math.min(height, SAMPLES_SIDE);
  const pixels: Oklab[] = [];
  for (let row = 0; row < rows; row += 1) {
    const y = Math.floor(((row + 0.5) * height) / rows);
    for (let column = 0; column < columns; column += 1) {
      const x = Math.floor(((column + 0.5) * width) / columns);
      const at = (y * width + x) * channels;
      if (channels === 4 && data[at + 3]! < OPAQUE) continue;
      pixels.push(srgbToOklab(data[at]!, data[at + 1]!, data[at + 2]!));
    }
  }
  return pixels;
}
