import { SMALL } from './decode.ts';

const COLOURS = [
  'black',
  'grey',
  'white',
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
  'brown',
  'beige',
] as const;
export type Colour = (typeof COLOURS)[number];

/** What the pixels of a picture say without knowing what they show. All values are shares or means from 0 to 1. */
export interface Measures {
  readonly colours: ReadonlyMap<Colour, number>;
  /** Mean lightness. */
  readonly light: number;
  /** Mean saturation, weighted by how bright it shows. */
  readonly chroma: number;
  /** Share of the picture, from the top edge down, that is smooth and of a sky's colour. */
  readonly sky: number;
  /** The sky's colour: how much of it is blue rather than white or grey. */
  readonly blueSky: number;
  /** Share of the lower half that is blue, teal or blue-grey: water, if there is any. */
  readonly water: number;
  /** Share of the upper half that is smooth and warm in colour, less the same of the lower third: a sky at dusk. */
  readonly dusk: number;
  /** Share of the lower third that is pale and almost without colour: snow, if there is a sky above. */
  readonly pale: number;
  /** Share of bright pixels. */
  readonly bright: number;
  /** Share of saturated greens of foliage and grass. */
  readonly green: number;
  /** Share of the lower third that is pale sand. */
  readonly sand: number;
  /** Share of edge strength that runs exactly upright or level: high for what people built. */
  readonly straight: number;
  /** Mean edge strength. */
  readonly detail: number;
  /** How alike and smooth all four borders are: high for a plain backdrop. */
  readonly backdrop: number;
}

export function measure(rgb: Uint8Array): Measures {
  const pixels = Array.from({ length: SMALL * SMALL }, (_, index) => readPixel(rgb, index * 3));
  const edges = measureEdges(pixels);
  const counts = new Map<Colour, number>();
  for (const { colour } of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1 / pixels.length);
  /** The pixels of these rows, those on edges replaced by none that any test could like. */
  const smooth = (from: number, to: number) =>
    rows(
      pixels.map((pixel, index) => ((edges.strength[index] ?? 0) < 0.1 ? pixel : EDGE)),
      from,
      to,
    );
  const { sky, blueSky } = measureSky(pixels, edges.strength);
  return {
    colours: counts,
    light: mean(pixels.map(({ lightness }) => lightness)),
    chroma: mean(pixels.map(({ chroma }) => chroma)),
    sky,
    blueSky,
    water: share(rows(pixels, 0.5, 1), isWater),
    dusk: share(smooth(0, 0.5), isWarm) - share(smooth(0.67, 1), isWarm),
    pale: share(rows(pixels, 0.67, 1), isPale),
    bright: share(pixels, ({ lightness }) => lightness > 0.45),
    green: share(pixels, isFoliage),
    sand: share(rows(pixels, 0.67, 1), isSand),
    straight: edges.straight,
    detail: mean(edges.strength),
    backdrop: measureBackdrop(pixels, edges.strength),
  };
}

interface Pixel {
  /** Degrees. */
  readonly hue: number;
  readonly chroma: number;
  readonly lightness: number;
  readonly colour: Colour;
}

function readPixel(rgb: Uint8Array, offset: number): Pixel {
  const [red = 0, green = 0, blue = 0] = [rgb[offset], rgb[offset + 1], rgb[offset + 2]].map(
    (value) => (value ?? 0) / 255,
  );
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  const lightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const sector =
    most === red ? (green - blue) / chroma : most === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  const hue = chroma === 0 ? 0 : (sector * 60 + 360) % 360;
  return { hue, chroma, lightness, colour: nameColour(hue, chroma, most, lightness) };
}

function nameColour(hue: number, chroma: number, most: number, lightness: number): Colour {
  if (most < 0.2) return 'black';
  const saturation = chroma / most;
  if (saturation < 0.14 || chroma < 0.07) return lightness > 0.82 ? 'white' : lightness < 0.14 ? 'black' : 'grey';
  if (hue < 15 || hue >= 345) return most > 0.75 && saturation < 0.45 ? 'pink' : 'red';
  if (hue < 45) return warm(saturation, most);
  if (hue < 68) return saturation < 0.4 ? (most > 0.65 ? 'beige' : 'brown') : most < 0.45 ? 'brown' : 'yellow';
  if (hue < 165) return 'green';
  if (hue < 195) return 'teal';
  if (hue < 258) return 'blue';
  return hue < 300 ? 'purple' : 'pink';
}

function warm(saturation: number, most: number): Colour {
  if (saturation < 0.42) return most > 0.65 ? 'beige' : 'brown';
  return most > 0.72 && saturation > 0.55 ? 'orange' : 'brown';
}

const EDGE: Pixel = { hue: 0, chroma: 0, lightness: 0, colour: 'black' };
/** Dusk runs from orange through pink to purple. */
const isWarm = ({ hue, chroma, lightness }: Pixel) => (hue < 50 || hue > 280) && chroma > 0.15 && lightness > 0.15;
const isPale = ({ chroma, lightness }: Pixel) => lightness > 0.72 && chroma < 0.14;
const isFoliage = ({ hue, chroma, lightness }: Pixel) => hue > 62 && hue < 165 && chroma > 0.1 && lightness > 0.06;
const isWater = ({ hue, chroma, lightness }: Pixel) =>
  hue > 165 && hue < 250 && chroma > 0.04 && lightness > 0.12 && lightness < 0.75;
const isSand = ({ hue, chroma, lightness }: Pixel) =>
  hue > 20 && hue < 55 && chroma > 0.07 && chroma < 0.35 && lightness > 0.5;
const isBlueSky = ({ hue, chroma, lightness }: Pixel) => hue > 190 && hue < 250 && chroma > 0.08 && lightness > 0.2;
const isPaleSky = ({ hue, chroma, lightness }: Pixel) => lightness > 0.6 && (chroma < 0.08 || (hue > 180 && hue < 260));

/** Walks every column down from the top while it stays smooth and sky-coloured. */
function measureSky(pixels: readonly Pixel[], strength: readonly number[]): { sky: number; blueSky: number } {
  let sky = 0;
  let blue = 0;
  for (let x = 0; x < SMALL; x += 1) {
    for (let y = 0; y < SMALL; y += 1) {
      const index = y * SMALL + x;
      const pixel = pixels[index];
      if (!pixel || (strength[index] ?? 0) > 0.22) break;
      const isBlue = isBlueSky(pixel);
      if (!isBlue && !isPaleSky(pixel)) break;
      sky += 1;
      blue += isBlue ? 1 : 0;
    }
  }
  return { sky: sky / pixels.length, blueSky: sky === 0 ? 0 : blue / sky };
}

/** Sobel on lightness; `straight` counts edges within about 8° of level or upright. */
function measureEdges(pixels: readonly Pixel[]): { strength: number[]; straight: number } {
  const strength = new Array<number>(pixels.length).fill(0);
  let straight = 0;
  let total = 0;
  const at = (x: number, y: number) => pixels[y * SMALL + x]?.lightness ?? 0;
  for (let y = 1; y < SMALL - 1; y += 1) {
    for (let x = 1; x < SMALL - 1; x += 1) {
      const right = at(x + 1, y - 1) + 2 * at(x + 1, y) + at(x + 1, y + 1);
      const left = at(x - 1, y - 1) + 2 * at(x - 1, y) + at(x - 1, y + 1);
      const below = at(x - 1, y + 1) + 2 * at(x, y + 1) + at(x + 1, y + 1);
      const above = at(x - 1, y - 1) + 2 * at(x, y - 1) + at(x + 1, y - 1);
      const [dx, dy] = [Math.abs(right - left) / 4, Math.abs(below - above) / 4];
      const edge = Math.hypot(dx, dy);
      strength[y * SMALL + x] = edge;
      if (edge < 0.06) continue;
      total += edge;
      if (Math.min(dx, dy) < 0.14 * Math.max(dx, dy)) straight += edge;
    }
  }
  return { strength, straight: total === 0 ? 0 : straight / total };
}

function measureBackdrop(pixels: readonly Pixel[], strength: readonly number[]): number {
  const border = pixels.flatMap((pixel, index) => {
    const [x, y] = [index % SMALL, Math.floor(index / SMALL)];
    const inset = Math.min(x, y, SMALL - 1 - x, SMALL - 1 - y);
    return inset >= 2 && inset < 8 ? [{ pixel, edge: strength[index] ?? 0 }] : [];
  });
  const middle = mean(border.map(({ pixel }) => pixel.lightness));
  return share(border, ({ pixel, edge }) => edge < 0.05 && Math.abs(pixel.lightness - middle) < 0.15);
}

const rows = (pixels: readonly Pixel[], from: number, to: number) =>
  pixels.slice(Math.floor(from * SMALL) * SMALL, Math.floor(to * SMALL) * SMALL);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
const share = <T>(items: readonly T[], test: (item: T) => boolean) =>
  items.filter(test).length / Math.max(items.length, 1);
