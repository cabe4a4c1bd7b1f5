import type { Embeddings } from '../../../shared/adapters/embeddings.ts';
import type { Postings } from '../../../shared/adapters/postings.ts';
import type { Vectors } from '../../../shared/adapters/vectors.ts';
import { dot } from '../../../shared/domain/clustering/vectors.ts';
import { binsNear, COLOR_FLOOR, COLOR_RADIUS, colorScore, colorShare } from '../../../shared/domain/color-bins.ts';
import type { ColorBin } from '../../../shared/domain/image.ts';
import type { Oklab } from '../../../shared/domain/oklab.ts';
import type { TermEntry } from '../../../shared/domain/search/bm25.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';
import type { Ask } from './ask.ts';
import type { MeaningHit } from './frozen.ts';

/** How far a list of a word or a colour is read, newest first: what lies behind is only found by something else beside. */
const MOST_POSTINGS = 2_000;

/**
 * A photo less similar to a query than this is not near to it in meaning. text-embedding-3-large is reported to put unrelated
 * questions and passages at about 0.1, related ones at 0.3 to 0.6; of 20,000 pairs without a word in common, the local emulator puts
 * none above 0.23. Too low costs false hits behind the true ones, too high the true ones in other words.
 */
const LEAST_SIMILARITY = 0.25;
/** Nor is one much less similar than the best. */
const LEAST_OF_BEST = 0.6;
/** What one query of the vector index answers at the most. */
const MOST_NEAR = 100;

export interface WordList {
  word: string;
  entries: readonly TermEntry[];
}

/** The postings of each word of a query. */
export function readWords(
  userId: string,
  words: Ask['words'],
  before: string,
  { postings }: { postings: Pick<Postings, 'newest'> },
): Promise<WordList[]> {
  return Promise.all(
    words.map(async ({ word, stem }) => ({
      word,
      entries: await postings.newest(userId, listOf.term(stem), { before, limit: MOST_POSTINGS }),
    })),
  );
}

/** How much of a photo has about a colour: its part of the picture (0–1), and what it is ranked by, in single precision. */
export interface ColorHit {
  share: number;
  score: number;
}

/** The photos that have enough of a colour to be called so. */
export async function readColor(
  userId: string,
  color: Oklab,
  before: string,
  { postings }: { postings: Pick<Postings, 'newest'> },
): Promise<Map<string, ColorHit>> {
  const bins = new Map<string, ColorBin[]>();
  await Promise.all(
    binsNear(color, COLOR_RADIUS).map(async (bin) => {
      const list = await postings.newest(userId, listOf.color(bin), { before, limit: MOST_POSTINGS });
      for (const { image_id, l = 0, a = 0, b = 0, share = 0 } of list) {
        bins.set(image_id, [...(bins.get(image_id) ?? []), { bin, l, a, b, share }]);
      }
    }),
  );
  const hits = [...bins].map(([imageId, own]) => {
    const hit = { share: colorShare(own, color, COLOR_RADIUS), score: Math.fround(colorScore(own, color)) };
    return [imageId, hit] as const;
  });
  return new Map(hits.filter(([, { share }]) => share >= COLOR_FLOOR));
}

/** The photos nearest to a direction, best first: of all, or of the few that can match. `before` bounds their ids. */
export async function readMeaning(
  userId: string,
  direction: Float32Array,
  { few, before }: { few: ReadonlySet<string> | undefined; before: string },
  deps: { vectors: Pick<Vectors, 'query'>; embeddings: Pick<Embeddings, 'getMany'> },
): Promise<MeaningHit[]> {
  const nearest = few
    ? await compare(userId, direction, [...few], deps.embeddings)
    : await deps.vectors.query(userId, direction, MOST_NEAR);
  const hits = nearest.filter(({ image_id }) => image_id < before).slice(0, MOST_NEAR);
  const least = Math.max(LEAST_SIMILARITY, LEAST_OF_BEST * (hits[0]?.similarity ?? 0));
  return hits
    .filter(({ similarity }) => similarity >= least)
    .map(({ image_id, similarity }) => ({ image_id, percent: Math.round(100 * Math.min(1, similarity)) }));
}

/** As the vector index answers, of these photos alone. */
async function compare(
  userId: string,
  direction: Float32Array,
  imageIds: readonly string[],
  embeddings: Pick<Embeddings, 'getMany'>,
): Promise<{ image_id: string; similarity: number }[]> {
  return [...(await embeddings.getMany(userId, imageIds))]
    .map(([image_id, vector]) => ({ image_id, similarity: dot(direction, vector) }))
    .sort((one, other) => other.similarity - one.similarity || (one.image_id < other.image_id ? 1 : -1));
}
