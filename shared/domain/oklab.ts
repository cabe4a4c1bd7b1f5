/** Lightness 0–1; a (green–red) and b (blue–yellow) about −0.35 to 0.35 within sRGB. */
export interface Oklab {
  readonly l: number;
  readonly a: number;
  readonly b: number;
}

/** Converts sRGB components (0–255) to OKLab, in which distance is about perceived difference (Björn Ottosson, 2020). */
export function srgbToOklab(red: number, green: number, blue: number): Oklab {
  const r = LINEAR[red & 255] ?? 0;
  const g = LINEAR[green & 255] ?? 0;
  const b = LINEAR[blue & 255] ?? 0;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

/** Converts OKLab to sRGB components (0–255, whole numbers); what lies outside of sRGB is cut off at its border. */
export function oklabToSrgb({ l, a, b }: Oklab): [red: number, green: number, blue: number] {
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    component(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
    component(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
    component(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short),
  ];
}

/** The difference of two colours, Euclidean; about 0.02 is just noticeable. */
export function colorDistance(first: Oklab, second: Oklab): number {
  return Math.hypot(first.l - second.l, first.a - second.a, first.b - second.b);
}

function component(linear: number): number {
  const clipped = Math.min(Math.max(linear, 0), 1);
  const share = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(share * 255);
}

/** The sRGB transfer curve undone, for the 256 values a component can have. */
const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});
