import type { Nclx } from './iso-media.ts';
import type { MatrixProfile } from './matrix-profile.ts';

/** From the colour spaces that HEIC and AVIF files name by code points (ISO/IEC 23091-2), and those of matrix profiles, to sRGB. */

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** Linear light to linear sRGB, by primaries: BT.2020 (ITU-R BT.2087), DCI and Display P3 with D65 white (SMPTE EG 432-1). */
const TO_SRGB: Readonly<Record<number, Matrix>> = {
  9: [1.660491, -0.587641, -0.07285, -0.12455, 1.1329, -0.008349, -0.018151, -0.100579, 1.11873],
  11: [1.22494, -0.22494, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274],
  12: [1.22494, -0.22494, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274],
};
const UNCHANGED: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Diffuse white of HDR pictures in candela per square metre (ITU-R BT.2408). */
const REFERENCE_WHITE = 203;
/** Brightness up to which HDR pictures keep their tones; what is brighter is squeezed into the rest. */
const KNEE = 0.75;

/** Light (1 is white) of a code value 0–1: SMPTE ST 2084. */
function pq(value: number): number {
  const root = value ** (1 / 78.84375);
  const light = (Math.max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125);
  return (light * 10_000) / REFERENCE_WHITE;
}

/** ARIB STD-B67, seen on a display of 1,000 candela per square metre (ITU-R BT.2100, gamma 1.2, by component). */
function hlg(value: number): number {
  const scene = value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;
  return (scene ** 1.2 * 1_000) / REFERENCE_WHITE;
}

function srgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

const LIGHT: Readonly<Record<number, (value: number) => number>> = { 16: pq, 18: hlg };

/** Finer than the steps of 8 bits where those are finest. */
const STEPS = 16_383;
/** Code values of linear light in as many steps. */
const ENCODED = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));
});

/** Whether pixels of that colour space look wrong where they are taken for sRGB. */
export function isWide({ primaries, transfer }: Nclx): boolean {
  return primaries in TO_SRGB || transfer in LIGHT;
}

/**
 * Converts 8-bit RGB or RGBA pixels in place. Colours beyond sRGB are clipped; the highlights of HDR pictures (PQ, HLG) are rolled
 * off above {@link KNEE}, all else about them keeps its brightness.
 */
export function toSrgb(data: Uint8Array, channels: 3 | 4, { primaries, transfer }: Nclx): void {
  const matrix = TO_SRGB[primaries] ?? UNCHANGED;
  const hdr = transfer in LIGHT;
  const light = Float64Array.from({ length: 256 }, (_, value) => (LIGHT[transfer] ?? srgb)(value / 255));
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = matrix;
  for (let at = 0; at + channels <= data.length; at += channels) {
    const red = light[data[at] ?? 0] ?? 0;
    const green = light[data[at + 1] ?? 0] ?? 0;
    const blue = light[data[at + 2] ?? 0] ?? 0;
    const scale = hdr ? rollOff(Math.max(red, green, blue)) : 1;
    data[at] = encode(scale * (rr * red + rg * green + rb * blue));
    data[at + 1] = encode(scale * (gr * red + gg * green + gb * blue));
    data[at + 2] = encode(scale * (br * red + bg * green + bb * blue));
  }
}

/** Converts 8-bit RGB pixels in place, a fifth of the time lcms takes. Colours beyond sRGB are clipped. */
export function profileToSrgb(data: Uint8Array, { curves: [reds, greens, blues], matrix }: MatrixProfile): void {
  const [rr = 0, rg = 0, rb = 0, gr = 0, gg = 0, gb = 0, br = 0, bg = 0, bb = 0] = matrix;
  for (let at = 0; at + 3 <= data.length; at += 3) {
    const red = reds[data[at]!]!;
    const green = greens[data[at + 1]!]!;
    const blue = blues[data[at + 2]!]!;
    data[at] = encode(rr * red + rg * green + rb * blue);
    data[at + 1] = encode(gr * red + gg * green + gb * blue);
    data[at + 2] = encode(br * red + bg * green + bb * blue);
  }
}

/** By what a pixel must be dimmed whose brightest component is `peak`. */
function rollOff(peak: number): number {
  if (peak <= KNEE) return 1;
  return (1 - (1 - KNEE) * Math.exp(-(peak - KNEE) / (1 - KNEE))) / peak;
}

function encode(light: number): number {
  if (light <= 0) return 0;
  return light >= 1 ? 255 : ENCODED[(light * STEPS + 0.5) | 0]!;
}
