import { colorDistance, type Oklab, srgbToOklab } from '../shared/domain/oklab.ts';
import { sharp } from '../shared/imaging/sharp.ts';

/**
 * Counts the pixels of a whole picture file, at its full size: for each of `colors`, which part of them (0–1) lies within `radius`
 * (OKLab). What searching by colour estimates from a few bins, exactly.
 */
export async function exactShares(file: string, colors: readonly Oklab[], radius: number): Promise<number[]> {
  const pixels = await sharp(file).autoOrient().toColourspace('srgb').flatten({ background: '#fff' }).raw().toBuffer();
  const counts = new Map<number, number>();
  for (let at = 0; at < pixels.length; at += 3) {
    const rgb = pixels.readUIntBE(at, 3);
    counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  }
  const within = colors.map(() => 0);
  for (const [rgb, count] of counts) {
    const pixel = srgbToOklab(rgb >> 16, rgb >> 8, rgb);
    colors.forEach((color, index) => {
      if (colorDistance(color, pixel) <= radius) within[index]! += count;
    });
  }
  return within.map((count) => (count * 3) / pixels.length);
}
