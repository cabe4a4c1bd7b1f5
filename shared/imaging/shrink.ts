import type { Raster } from './raster.ts';

/** So many pixels of each row of a cell are enough for its mean; the next row takes those beside them, so as not to miss stripes. */
const LOOKED_AT = 4;

/**
 * Scales a raster down to fit `side` × `side` (never up), each pixel the mean of those it covers, as RGBA. Colours are weighted by
 * opacity, so that what is hidden in transparent pixels does not shine through.
 */
export function shrink(raster: Raster, side: number): Raster {
  const { width, height } = raster;
  const scale = Math.min(side / Math.max(width, height), 1);
  const columns = Math.max(Math.round(width * scale), 1);
  const rows = Math.max(Math.round(height * scale), 1);
  const edges = Uint32Array.from({ length: columns + 1 }, (_, x) => Math.floor((x * width) / columns));
  const small = new Uint8Array(columns * rows * 4);
  const sums = new Float64Array(columns * 5);
  for (let row = 0; row < rows; row += 1) {
    const top = Math.floor((row * height) / rows);
    const bottom = Math.floor(((row + 1) * height) / rows);
    sums.fill(0);
    for (let y = top; y < bottom; y += 1) addRow(sums, raster, y, edges);
    for (let x = 0; x < columns; x += 1) {
      const sum = x * 5;
      const opacity = sums[sum + 3]!;
      if (opacity === 0) continue;
      const at = (row * columns + x) * 4;
      for (let channel = 0; channel < 3; channel += 1) small[at + channel] = Math.round(sums[sum + channel]! / opacity);
      small[at + 3] = Math.round((255 * opacity) / sums[sum + 4]!);
    }
  }
  return { data: small, width: columns, height: rows, channels: 4 };
}

/** Adds one row's pixels to the sums of their cells: red, green, blue, opacity (0–1), number of pixels. */
function addRow(sums: Float64Array, { data, width, channels }: Raster, y: number, edges: Uint32Array): void {
  const step = Math.max(Math.floor(width / (edges.length - 1) / LOOKED_AT), 1);
  for (let cell = 0; cell + 1 < edges.length; cell += 1) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let opacity = 0;
    let pixels = 0;
    for (let x = edges[cell]! + (y % step); x < edges[cell + 1]!; x += step) {
      const at = (y * width + x) * channels;
      const weight = channels === 4 ? data[at + 3]! / 255 : 1;
      red += data[at]! * weight;
      green += data[at + 1]! * weight;
      blue += data[at + 2]! * weight;
      opacity += weight;
      pixels += 1;
    }
    const sum = cell * 5;
    sums[sum]! += red;
    sums[sum + 1]! += green;
    sums[sum + 2]! += blue;
    sums[sum + 3]! += opacity;
    sums[sum + 4]! += pixels;
  }
}

/**
 * The luma (0–255) of a small RGBA raster squeezed or stretched into a square of `side` × `side`, on white: each value is the mean of
 * the area it covers.
 */
export function luminanceSquare({ data, width, height }: Raster, side: number): Float64Array {
  // Plain loops: `from` and `forEach` would make an object of every number.
  const luma = new Float64Array(width * height);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel += 1, at += 4) {
    const opaque = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    luma[pixel] = 255 + ((opaque - 255) * data[at + 3]!) / 255;
  }
  const across = areaMeans(width, side);
  const down = areaMeans(height, side);
  const square = new Float64Array(side * side);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      let sum = 0;
      for (const [row, tall] of down[y]!) {
        for (const [column, wide] of across[x]!) sum += luma[row * width + column]! * tall * wide;
      }
      square[y * side + x] = sum;
    }
  }
  return square;
}

/** For each of `cells` equal parts of a line of `length` pixels: the pixels it touches, and which part of it each covers. */
function areaMeans(length: number, cells: number): [number, number][][] {
  const size = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell * size, Math.min((cell + 1) * size, length)];
    const parts: [number, number][] = [];
    for (let pixel = Math.floor(from); pixel < to; pixel += 1) {
      parts.push([pixel, (Math.min(pixel + 1, to) - Math.max(pixel, from)) / (to - from)]);
    }
    return parts;
  });
}
