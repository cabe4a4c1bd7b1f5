import { jpegSegments } from './jpeg.ts';

/**
 * ICC profiles that are three curves and a matrix, as those of phones, cameras and screens are (ICC.1:2022, §8.3.3). All others, and
 * those with anything unusual about them, are left to lcms.
 */
export interface MatrixProfile {
  /** Linear light, 0–1, of the 256 code values of red, green and blue. */
  curves: readonly [Float64Array, Float64Array, Float64Array];
  /** From there to linear sRGB, by rows. */
  matrix: readonly number[];
}

/** Linear sRGB of XYZ that are adapted to D50 (the inverse of what ICC's own sRGB profile has). */
const SRGB_OF_D50 = [
  [3.1341359, -1.6173863, -0.4906619],
  [-0.9787955, 1.9162544, 0.0334427],
  [0.0719554, -0.2289769, 1.405386],
] as const;

const HEADER = 128;
const ENTRY = 12;
const MOST_TAGS = 100;
const CLASSES: ReadonlySet<string> = new Set(['mntr', 'scnr', 'spac']);
/** Tables that are used before curves and matrix. */
const TABLES = ['A2B0', 'D2B0'];

/** Parameters are rounded: a formula may lead a little beyond 1. */
const WHITEST = 1.001;

/** The matrix profile a JPEG of three components brings along; `null` where it has none, or one of another kind. */
export function matrixProfileOf(jpeg: Uint8Array): MatrixProfile | null {
  let icc: Uint8Array | undefined;
  let components = 0;
  for (const at of jpegSegments(jpeg)) {
    const marker = jpeg[at + 1] ?? 0;
    const segment = jpeg.subarray(at + 4, at + 2 + ((jpeg[at + 2] ?? 0) << 8) + (jpeg[at + 3] ?? 0));
    // Frames: all of C0–CF but the tables of Huffman and arithmetic codes.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) components = segment[5] ?? 0;
    if (marker !== 0xe2 || latin1(segment, 0, 12) !== 'ICC_PROFILE\0') continue;
    // A profile in parts is a large one, of tables.
    if (icc || segment[12] !== 1 || segment[13] !== 1) return null;
    icc = segment.subarray(14);
  }
  return icc && components === 3 ? readMatrixProfile(icc) : null;
}

/** `null` where a profile is of another kind, or cannot be read. */
function readMatrixProfile(icc: Uint8Array): MatrixProfile | null {
  try {
    return read(new DataView(icc.buffer, icc.byteOffset, icc.byteLength), icc);
  } catch (error) {
    // It ends before it should.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function read(view: DataView, icc: Uint8Array): MatrixProfile | null {
  const [kind, colours, connection, signature] = [12, 16, 20, 36].map((at) => latin1(icc, at, 4));
  if (!CLASSES.has(kind ?? '') || colours !== 'RGB ' || connection !== 'XYZ ' || signature !== 'acsp') return null;
  const count = view.getUint32(HEADER);
  if (count > MOST_TAGS) return null;
  const tags = new Map<string, number>();
  for (let at = HEADER + 4; at < HEADER + 4 + count * ENTRY; at += ENTRY) {
    tags.set(latin1(icc, at, 4), view.getUint32(at + 4));
  }
  if (TABLES.some((name) => tags.has(name))) return null;
  const [r, g, b] = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => colorant(view, icc, tags.get(name)));
  const [red, green, blue] = ['rTRC', 'gTRC', 'bTRC'].map((name) => curve(view, icc, tags.get(name)));
  if (!(r && g && b && red && green && blue)) return null;
  const matrix = SRGB_OF_D50.flatMap((row) =>
    [r, g, b].map((xyz) => row.reduce((sum, part, axis) => sum + part * (xyz[axis] ?? 0), 0)),
  );
  return { curves: [red, green, blue], matrix };
}

const latin1 = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));
const fixed = (view: DataView, at: number) => view.getInt32(at) / 65_536;

/** XYZ of a primary. */
function colorant(view: DataView, icc: Uint8Array, at?: number): number[] | null {
  if (at === undefined || latin1(icc, at, 4) !== 'XYZ ') return null;
  return [8, 12, 16].map((offset) => fixed(view, at + offset));
}

function curve(view: DataView, icc: Uint8Array, at?: number): Float64Array | null {
  if (at === undefined) return null;
  const type = latin1(icc, at, 4);
  const light = type === 'curv' ? sampled(view, at) : type === 'para' ? parametric(view, at) : null;
  if (!light) return null;
  const values = Float64Array.from({ length: 256 }, (_, value) => light(value / 255));
  // Where black is not dark, lcms compensates for it; what is darker than that or brighter than white, it carries on.
  if (values[0] !== 0 || !values.every((value) => value >= 0 && value <= WHITEST)) return null;
  return values.map((value) => Math.min(1, value));
}

/** ICC.1:2022, §10.6: nothing is a straight line, one number a gamma, more are a table. */
function sampled(view: DataView, at: number): (value: number) => number {
  const count = view.getUint32(at + 8);
  if (count === 0) return (value) => value;
  if (count === 1) {
    const gamma = view.getUint16(at + 12) / 256;
    return (value) => value ** gamma;
  }
  const sample = (index: number) => view.getUint16(at + 12 + 2 * Math.min(index, count - 1)) / 65_535;
  return (value) => {
    const place = value * (count - 1);
    const below = Math.floor(place);
    return sample(below) + (place - below) * (sample(below + 1) - sample(below));
  };
}

/** ICC.1:2022, §10.18. */
function parametric(view: DataView, at: number): ((value: number) => number) | null {
  const type = view.getUint16(at + 8);
  const count = [1, 3, 4, 5, 7][type];
  if (count === undefined) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, index) =>
    fixed(view, at + 12 + 4 * index),
  );
  const power = (value: number) => Math.max(0, a * value + b) ** g;
  if (type === 0) return power;
  if (type <= 2) return (value) => (value >= -b / a ? power(value) + c : c);
  return (value) => (value >= d ? power(value) + e : c * value + f);
}
