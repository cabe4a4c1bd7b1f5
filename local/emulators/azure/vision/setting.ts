import type { Colour, Measures } from './measure.ts';

/** What a picture's colours, light and layout allow to say about where it was taken. */
export interface Setting {
  /** Strongest first; may be empty. */
  readonly features: readonly Feature[];
  /** What the picture shows when no object is found in it. */
  readonly scene: Scene;
  readonly light: string;
  /** Dominant colours, most first: one to three. */
  readonly colours: readonly Colour[];
  readonly monochrome: boolean;
}

/** One thing the surroundings show, in the words for a tag, for a title and for a sentence. */
export interface Feature {
  readonly tag: string;
  readonly title: string;
  readonly phrase: string;
}

export interface Scene {
  readonly title: string;
  readonly sentence: string;
  readonly tags: readonly string[];
}

const LEAST_SHARE = 0.12;

export function readSetting(measures: Measures): Setting {
  const colours = [...measures.colours]
    .sort((a, b) => b[1] - a[1])
    .filter(([, share], rank) => rank === 0 || share >= LEAST_SHARE)
    .slice(0, 3)
    .map(([colour]) => colour);
  const monochrome = measures.chroma < 0.025;
  return {
    features: readFeatures(measures),
    scene: readScene(measures, colours),
    light: readLight(measures.light),
    colours,
    monochrome,
  };
}

/** Sky, water, greenery, sand: claimed only where they cover a good part. */
function readFeatures(measures: Measures): Feature[] {
  const { sky, blueSky, green, water, sand, pale } = measures;
  const open = hasSky(measures);
  return [
    ...(open && blueSky > 0.5 ? [{ tag: 'sky', title: 'under a blue sky', phrase: 'blue sky above' }] : []),
    ...(open && blueSky <= 0.5 ? [{ tag: 'sky', title: 'under a pale sky', phrase: 'pale sky above' }] : []),
    ...(open && water > 0.4 && sky < 0.6 ? [{ tag: 'water', title: 'by the water', phrase: 'water below' }] : []),
    ...(green > 0.3 ? [{ tag: 'greenery', title: 'amid greenery', phrase: 'greenery around' }] : []),
    ...(open && pale > 0.5 && blueSky > 0.5
      ? [{ tag: 'snow', title: 'over pale ground', phrase: 'pale ground below' }]
      : []),
    ...(open && sand > 0.4 ? [{ tag: 'sand', title: 'on sand', phrase: 'sandy ground below' }] : []),
  ];
}

/** A pale top is a sky only over something darker and busier; else it is a wall or a paper backdrop. */
function hasSky({ sky, blueSky, backdrop }: Measures): boolean {
  return blueSky > 0.5 ? sky > 0.12 : sky > 0.18 && backdrop < 0.6;
}

function readScene(measures: Measures, colours: readonly Colour[]): Scene {
  const { sky, green, water, straight, detail, backdrop, dusk, pale, blueSky, light, chroma, bright } = measures;
  const tone = colours[0] ?? 'grey';
  if (hasSky(measures)) {
    const edges = detail / (1 - Math.min(sky, 0.95));
    // Hard, fairly straight edges below a smooth sky are seldom grown.
    if (edges > 0.14 && straight > 0.23 && green < 0.3) {
      return {
        title: 'Structure against the sky',
        sentence: 'Something tall stands out against the sky, perhaps a building.',
        tags: ['structure', 'building', 'architecture', 'outdoor'],
      };
    }
    if (pale > 0.5 && blueSky > 0.5) {
      return {
        title: 'Pale landscape under a blue sky',
        sentence: 'A wide landscape with pale ground, perhaps snow, below the sky.',
        tags: ['landscape', 'scenery', 'nature', 'outdoor', 'snow', 'winter'],
      };
    }
    const shore = water > 0.4 && sky < 0.6;
    return {
      title: shore ? 'Landscape with water' : green > 0.2 ? 'Green landscape' : 'Open landscape',
      sentence: shore ? 'A wide landscape, with water below the sky.' : 'A wide landscape below the sky.',
      tags: ['landscape', 'scenery', 'nature', 'outdoor', ...(shore ? ['water'] : [])],
    };
  }
  if (dusk > 0.38) {
    return {
      title: `Warm sky in ${tone}`,
      sentence: 'A smooth sky in warm colours, as at sunset or dawn, above darker ground.',
      tags: ['sunset', 'dusk', 'sky', 'landscape', 'outdoor'],
    };
  }
  if (light < 0.2 && chroma < 0.2 && bright > 0.002 && bright < 0.15) {
    return {
      title: 'Lights in the dark',
      sentence: 'A dark view with small bright spots, as at night.',
      tags: ['night', 'darkness', 'lamp'],
    };
  }
  if (green > 0.4) {
    return {
      title: 'Green plants',
      sentence: 'Plants fill much of the view.',
      tags: ['plant', 'nature', 'leaf', 'greenery'],
    };
  }
  if (straight > 0.38) {
    return {
      title: 'Straight lines and edges',
      sentence: 'Straight upright and level edges shape the view, as of rooms, furniture or buildings.',
      tags: ['structure', 'line', 'interior'],
    };
  }
  if (backdrop > 0.5) {
    return {
      title: `Something ${tone} before a plain backdrop`,
      sentence: 'A single thing stands before a plain backdrop.',
      tags: ['object', 'backdrop', 'still life'],
    };
  }
  return {
    title: `Close view in ${tone}`,
    sentence: 'A close view of a textured surface or thing.',
    tags: ['object', 'texture', 'still life'],
  };
}

function readLight(light: number): string {
  if (light < 0.25) return 'dark';
  if (light < 0.4) return 'dim';
  return light < 0.6 ? 'even' : 'bright';
}
