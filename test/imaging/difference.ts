import type { Raster } from '../../shared/imaging/raster.ts';

/** Mean difference of two rasters of the same size over their colour channels: 0 is the same, 255 black against white. */
export function difference(a: Raster, b: Raster): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`Expected rasters of one size, received ${a.width}×${a.height} and ${b.width}×${b.height}`);
  }
  let sum = 0;
  for (let pixel = 0; pixel < a.width * a.height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      sum += Math.abs((a.data[pixel * a.channels + channel] ?? 0) - (b.data[pixel * b.channels + channel] ?? 0));
    }
  }
  return sum / (a.width * a.height * 3);
}
