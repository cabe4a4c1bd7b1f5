import { colorDistance, type Oklab, srgbToOklab } from './oklab.ts';

/**
 * What people call colours. The first of a name's examples is the colour itself; the others show how far the name reaches, since the
 * regions of names are of no even size: most browns and greens in photos are far from the brown and green of a paint box.
 */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  black: ['#000000', '#141414', '#1a1613'],
  'dark grey': ['#444444', '#2e2e2e', '#4a4744', '#262626', '#24292b', '#262b26', '#525b56', '#525860', '#3a3f44'],
  grey: ['#808080', '#6a6a6a', '#968f88', '#9a9a9a', '#969c9e', '#7c857e', '#757c82'],
  'light grey': ['#c0c0c0', '#adadad', '#d0d0d0'],
  white: ['#ffffff', '#f0f0f0', '#eceff2'],
  cream: ['#fff6d5', '#f3ead0'],
  beige: ['#d9c7a3', '#e3d5bd', '#c4b08c'],
  tan: ['#b8935f', '#a88a66', '#c99a6b'],
  brown: ['#7b4a21', '#8a5a33', '#6b4a32', '#7d6148'],
  'dark brown': ['#3b2412', '#2f211a', '#4a3323'],
  maroon: ['#6a0f1c', '#4d1219', '#7d2a3e'],
  red: ['#e01b1b', '#c8102e', '#b2221d', '#f03c2e'],
  rust: ['#a8421a', '#b5502a'],
  orange: ['#f57c00', '#ff9a2e', '#e0701c'],
  peach: ['#ffc09a', '#eeb28c'],
  salmon: ['#f58a78', '#e0806a'],
  pink: ['#f78fb8', '#ffb6c8', '#e3a0ac', '#d2668f'],
  magenta: ['#d6138c', '#e0249c', '#ff00ff', '#b53a7e'],
  yellow: ['#ffe014', '#f5d93b', '#ffff00'],
  gold: ['#d6a419', '#c29a2e'],
  olive: ['#6e6b1e', '#857f3a', '#5a5a2c', '#8f9168'],
  lime: ['#a6e01e', '#bff03c', '#8fd400'],
  'light green': ['#9ad68a', '#b5dea5', '#a9c79a', '#97ab86'],
  green: ['#2e9e33', '#4d8a3a', '#00c000', '#5f8f4f', '#6f9c3c', '#668a6a'],
  'dark green': ['#14501e', '#2c4a24', '#1c3320', '#3a5f48'],
  mint: ['#a8ecd0', '#bfe6d6'],
  teal: ['#0f8080', '#1c6a6c', '#2f8f86', '#1f4a4d'],
  turquoise: ['#2fd0c8', '#4cc3c9', '#00ffff'],
  'light blue': ['#b3d6f2', '#c4d8e8', '#a5c8e1'],
  'sky blue': ['#6fb4ee', '#5aa0dc', '#7fb0d8'],
  blue: ['#1c52c8', '#0000ff', '#2f6fb8', '#3a5fa8', '#5b7fe8'],
  'navy blue': ['#12204f', '#1b2d4a', '#0a1030'],
  'slate blue': ['#6b7f96', '#586a80', '#8798a8', '#465a6e'],
  lavender: ['#c4aee8', '#cfc2e2', '#b0a0cc'],
  purple: ['#7a28a0', '#8a4fb0', '#6a4a86'],
  'dark purple': ['#3c1450', '#33203f'],
  mauve: ['#a87c94', '#8e6478'],
};

const ANCHORS = Object.entries(EXAMPLES).flatMap(([name, examples]) =>
  examples.map((hex) => ({ name, color: fromHex(hex.slice(1)) })),
);
const BY_NAME = new Map(
  Object.entries(EXAMPLES).map(([name, [first = '']]) => [squeezed(name), fromHex(first.slice(1))]),
);

/** The name of the nearest example, by distance in OKLab. */
export function colorName(color: Oklab): string {
  const first = ANCHORS[0]!;
  return ANCHORS.reduce(
    (best, { name, color: anchor }) => {
      const distance = colorDistance(anchor, color);
      return distance < best.distance ? { name, distance } : best;
    },
    { name: first.name, distance: colorDistance(first.color, color) },
  ).name;
}

/** Reads `#rrggbb`, `rrggbb`, `#rgb`, or one of the names (`sky blue`, `Sky-Blue`, `gray`); `null` is anything else. */
export function parseColor(text: string): Oklab | null {
  const trimmed = text.trim();
  const [, short, long] = /^(?:#([0-9a-f]{3})|#?([0-9a-f]{6}))$/i.exec(trimmed) ?? [];
  if (long) return fromHex(long);
  if (short) return fromHex(short.replace(/./g, '$&$&'));
  return BY_NAME.get(squeezed(trimmed)) ?? null;
}

/** Case, spaces and hyphens do not matter, nor on which side of the Atlantic one writes. */
function squeezed(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .replaceAll('gray', 'grey');
}

function fromHex(digits: string): Oklab {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  return srgbToOklab(red, green, blue);
}
