import { colorName } from './color-names.ts';
import type { PaletteColor } from './image.ts';
import { colorDistance, type Oklab, oklabToSrgb } from './oklab.ts';
import { type ClusterColors, type ColorCluster, kMeans, meanColor, medianCut } from './palette-clusters.ts';

const MOST_COLORS = 5;
/** Colours nearer to each other than this (OKLab) look like one in a row of swatches. */
const ALIKE = 0.05;

/**
 * A picture's main colours: five at most, largest share first, those that look alike merged; shares add up to 1. The first of
 * `ways` that succeeds finds them, else it is their mean. Without pixels there are none.
 */
export function paletteOf(
  pixels: readonly Oklab[],
  ways: readonly ClusterColors[] = [kMeans, medianCut],
): PaletteColor[] {
  if (pixels.length === 0) return [];
  return merged(clustersOf(pixels, ways))
    .sort((x, y) => y.count - x.count)
    .map(({ color, count }) => ({
      hex: hexOf(color),
      share: Math.round((count / pixels.length) * 10_000) / 10_000,
      name: colorName(color),
    }));
}

function clustersOf(pixels: readonly Oklab[], ways: readonly ClusterColors[]): ColorCluster[] {
  for (const way of ways) {
    const clusters = way(pixels, MOST_COLORS);
    if (clusters) return clusters;
  }
  return [meanColor(pixels)];
}

/** Joins the nearest two until all differ visibly. */
function merged(clusters: readonly ColorCluster[]): ColorCluster[] {
  const pairs = clusters.flatMap((first, index) => clusters.slice(index + 1).map((second) => ({ first, second })));
  const [nearest] = pairs
    .map((pair) => ({ ...pair, distance: colorDistance(pair.first.color, pair.second.color) }))
    .sort((x, y) => x.distance - y.distance);
  if (!nearest || nearest.distance >= ALIKE) return [...clusters];
  const { first, second } = nearest;
  return merged([...clusters.filter((cluster) => cluster !== first && cluster !== second), joined(first, second)]);
}

function joined(first: ColorCluster, second: ColorCluster): ColorCluster {
  const count = first.count + second.count;
  const mean = (axis: keyof Oklab) => (first.color[axis] * first.count + second.color[axis] * second.count) / count;
  return { color: { l: mean('l'), a: mean('a'), b: mean('b') }, count };
}

function hexOf(color: Oklab): string {
  return `#${oklabToSrgb(color)
    .map((component) => component.toString(16).padStart(2, '0'))
    .join('')}`;
}
