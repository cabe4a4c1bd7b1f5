import { type Oklab, srgbToOklab } from './oklab.ts';

/** Side of the square raster the descriptor is computed on. */
export const DESCRIPTOR_SIDE = 64;

/** Colour: 4 lightness × 6 × 6 bins. Layout: 8 × 8 cells × 3 means. Texture: 4 × 4 cells × (10 orientations + flat). */
const BINS = { l: 4, ab: 6 } as const;
const LAYOUT_CELLS = 8;
const TEXTURE_CELLS = 4;
const ORIENTATIONS = 10;
/** 144 + 192 + 176. */
export const DESCRIPTOR_LENGTH =
  BINS.l * BINS.ab ** 2 + LAYOUT_CELLS ** 2 * 3 + TEXTURE_CELLS ** 2 * (ORIENTATIONS + 1);

/** Chroma beyond this falls into the outermost bins. */
const MOST_AB = 0.2;
/** OKLab lightness steps below this are flat. */
const FLAT = 0.02;
/** How much of the similarity of two pictures comes from each part. */
const SHARE = { colour: 0.5, layout: 0.3, texture: 0.2 } as const;

/**
 * A 512-dimensional unit vector saying how a picture looks, with no idea of what it shows. The dot product of two is
 * 0.5 × likeness of colours + 0.3 × likeness of layout + 0.2 × likeness of texture, each a cosine:
 *
 * - colour (144): OKLab histogram, every pixel shared between neighbouring bins; square roots, so that the dot product
 *   is the Bhattacharyya coefficient of the two distributions;
 * - layout (192): mean OKLab of each cell of an 8 × 8 grid, lightness around its middle, so that light above dark and
 *   dark above light are opposites;
 * - texture (176): for each cell of a 4 × 4 grid the distribution of gradient orientations over 180°, weighted by
 *   strength, and the share of flat pixels; square roots (after Dalal & Triggs 2005).
 *
 * `rgb`: {@link DESCRIPTOR_SIDE}² pixels, 3 bytes each, row by row. Throws RangeError for another length.
 */
export function visualDescriptor(rgb: Uint8Array): Float32Array {
  const expected = DESCRIPTOR_SIDE ** 2 * 3;
  if (rgb.length !== expected) throw new RangeError(`Expected ${expected} bytes of RGB, received ${rgb.length}.`);
  const pixels = Array.from({ length: DESCRIPTOR_SIDE ** 2 }, (_, index) =>
    srgbToOklab(rgb[index * 3] ?? 0, rgb[index * 3 + 1] ?? 0, rgb[index * 3 + 2] ?? 0),
  );
  const parts = [
    scaled(colourHistogram(pixels), SHARE.colour),
    scaled(layoutGrid(pixels), SHARE.layout),
    scaled(textureHistograms(pixels), SHARE.texture),
  ];
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function colourHistogram(pixels: readonly Oklab[]): Float64Array {
  const histogram = new Float64Array(BINS.l * BINS.ab ** 2);
  for (const { l, a, b } of pixels) {
    for (const [i, il] of neighbours(l, BINS.l)) {
      for (const [j, ja] of neighbours((a / MOST_AB + 1) / 2, BINS.ab)) {
        for (const [k, kb] of neighbours((b / MOST_AB + 1) / 2, BINS.ab)) {
          const bin = (i * BINS.ab + j) * BINS.ab + k;
          histogram[bin] = (histogram[bin] ?? 0) + il * ja * kb;
        }
      }
    }
  }
  return histogram.map(Math.sqrt);
}

/** The two bins whose centres enclose `share` (0–1), each with its part; parts add up to 1. */
function neighbours(share: number, bins: number): readonly (readonly [number, number])[] {
  const position = Math.min(Math.max(share * bins - 0.5, 0), bins - 1);
  const low = Math.floor(position);
  const part = position - low;
  return part === 0
    ? [[low, 1]]
    : [
        [low, 1 - part],
        [low + 1, part],
      ];
}

function layoutGrid(pixels: readonly Oklab[]): Float64Array {
  const grid = new Float64Array(LAYOUT_CELLS ** 2 * 3);
  pixels.forEach(({ l, a, b }, index) => {
    const cell = cellOf(index, LAYOUT_CELLS) * 3;
    grid[cell] = (grid[cell] ?? 0) + l - 0.5;
    grid[cell + 1] = (grid[cell + 1] ?? 0) + a * 2;
    grid[cell + 2] = (grid[cell + 2] ?? 0) + b * 2;
  });
  return grid;
}

function textureHistograms(pixels: readonly Oklab[]): Float64Array {
  const histograms = new Float64Array(TEXTURE_CELLS ** 2 * (ORIENTATIONS + 1));
  const at = (x: number, y: number) => pixels[y * DESCRIPTOR_SIDE + x]?.l ?? 0;
  const add = (bin: number, value: number) => {
    histograms[bin] = (histograms[bin] ?? 0) + value;
  };
  for (let y = 1; y < DESCRIPTOR_SIDE - 1; y += 1) {
    for (let x = 1; x < DESCRIPTOR_SIDE - 1; x += 1) {
      const dx = at(x + 1, y) - at(x - 1, y);
      const dy = at(x, y + 1) - at(x, y - 1);
      const strength = Math.hypot(dx, dy);
      const base = cellOf(y * DESCRIPTOR_SIDE + x, TEXTURE_CELLS) * (ORIENTATIONS + 1);
      if (strength < FLAT) {
        add(base + ORIENTATIONS, FLAT);
        continue;
      }
      // Opposite gradients are the same line: 0 ≤ turn < 1 stands for 0°–180°, shared between two of a circle of bins.
      const turn = (Math.atan2(dy, dx) / Math.PI + 1) % 1;
      const low = Math.floor(turn * ORIENTATIONS);
      const part = turn * ORIENTATIONS - low;
      add(base + (low % ORIENTATIONS), strength * (1 - part));
      add(base + ((low + 1) % ORIENTATIONS), strength * part);
    }
  }
  return histograms.map(Math.sqrt);
}

/** Index of the grid cell a pixel lies in. */
function cellOf(index: number, cells: number): number {
  const size = DESCRIPTOR_SIDE / cells;
  return Math.floor(Math.floor(index / DESCRIPTOR_SIDE) / size) * cells + Math.floor((index % DESCRIPTOR_SIDE) / size);
}

/** Brings a part to the length whose square is `share`. A part without any content (an even mid-grey) points evenly everywhere. */
function scaled(part: Float64Array, share: number): Float64Array {
  const length = Math.hypot(...part);
  return length > 1e-9
    ? part.map((value) => (value / length) * Math.sqrt(share))
    : part.map(() => Math.sqrt(share / part.length));
}
