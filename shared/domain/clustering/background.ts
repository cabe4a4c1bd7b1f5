/**
 * How similar two unrelated images of one user are. Embeddings of different models live on different scales (two
 * unrelated captions may have cosine 0.1, two unrelated colour histograms 0.7), so no similarity means anything by itself:
 * everything here is measured against this background.
 *
 * It is learned per user as a histogram of similarities between each new image and a few others (those waiting and a
 * random sample of all), most of which have nothing to do with it. Related pairs can only lie to the right, so the centre and width of the unrelated ones are read
 * from the left part alone: Efron's "empirical null" ("Large-scale simultaneous hypothesis testing", 2004) by quantiles.
 */
export interface BackgroundStats {
  /** What to expect before there is data. */
  readonly expected: Background;
  /** Images compared so far. */
  readonly images: number;
  /** Pairs by similarity: {@link BINS} equal steps over [-0.5, 1]. */
  readonly histogram: readonly number[];
}

/** Mean and standard deviation of the similarity of two unrelated images. */
export interface Background {
  readonly mean: number;
  readonly deviation: number;
}

const BINS = 150;
const LOWEST = -0.5;
const STEP = 1.5 / BINS;

/** At this many images data and expectation weigh alike; the number of pairs grows with the square of the images. */
const EXPECTED_WEIGHT = 8;

/**
 * Pairs are remembered up to this many; beyond, old ones fade, so that the background follows the gallery.
 */
const MOST_PAIRS = 20_000;

/**
 * What is usual for embeddings of text (Azure's, of captions), for the visual descriptor, and for descriptors of faces of different
 * people (262 pairs: 0.74–0.93; 38 pairs of one person have 0.969 ± 0.011, at least 0.94; docs/decisions/0021).
 */
export const EXPECTED_BACKGROUND: Readonly<Record<'text' | 'visual' | 'faces', Background>> = {
  text: { mean: 0.15, deviation: 0.08 },
  visual: { mean: 0.6, deviation: 0.1 },
  faces: { mean: 0.834, deviation: 0.033 },
};

/** A background before the first image. */
export function newBackground(expected: Background = EXPECTED_BACKGROUND.text): BackgroundStats {
  return { expected, images: 0, histogram: new Array<number>(BINS).fill(0) };
}

/** The background after one more image, given its similarities to others picked without regard to it. */
export function observeSimilarities(stats: BackgroundStats, similarities: readonly number[]): BackgroundStats {
  if (similarities.length === 0) return stats;
  const pairs = stats.histogram.reduce((sum, value) => sum + value, 0);
  const fade = Math.min(1, MOST_PAIRS / (pairs + similarities.length));
  const histogram = stats.histogram.map((value) => value * fade);
  for (const similarity of similarities) {
    const bin = Math.floor((similarity - LOWEST) / STEP);
    histogram[Math.min(BINS - 1, Math.max(0, bin))]! += 1;
  }
  return { ...stats, images: stats.images + 1, histogram };
}

/** The present estimate, shrunk towards the expectation while few images have been compared. */
export function estimateBackground(stats: BackgroundStats): Background {
  const pairs = stats.histogram.reduce((sum, value) => sum + value, 0);
  if (pairs === 0) return stats.expected;
  const [low, high] = [quantile(stats.histogram, pairs * 0.04), quantile(stats.histogram, pairs * 0.3)];
  // Were 85 % of the pairs unrelated, these would be the 4.7 % and 35.3 % quantiles of a normal distribution.
  const deviation = Math.max(0.01, (high - low) / (1.675 - 0.377));
  const mean = high + 0.377 * deviation;
  const weight = stats.images ** 2 / (stats.images ** 2 + EXPECTED_WEIGHT ** 2);
  return {
    mean: weight * mean + (1 - weight) * stats.expected.mean,
    deviation: weight * deviation + (1 - weight) * stats.expected.deviation,
  };
}

function quantile(histogram: readonly number[], rank: number): number {
  let below = 0;
  for (let bin = 0; bin < histogram.length; bin += 1) {
    const here = histogram[bin]!;
    if (here > 0 && below + here >= rank) return LOWEST + STEP * (bin + (rank - below) / here);
    below += here;
  }
  return 1;
}
