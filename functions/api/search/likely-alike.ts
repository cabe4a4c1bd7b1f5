import type { ListedPosting } from '../../../shared/adapters/postings.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { hamming, phashBands } from '../../../shared/domain/phash.ts';
import { BITS_UNRELATED, type LikenessPart } from '../../../shared/domain/search/likeness.ts';
import { tagsOf } from '../../../shared/domain/search/names.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';
import type { Deps } from '../deps.ts';

/** Of all that may be alike, the likeliest are compared in full. */
const MOST_COMPARED = 200;

/** How far each list is read, newest first, and how many lists there are of a kind. */
const READ = {
  vectors: 100,
  colors: { lists: 3, postings: 200 },
  tags: { lists: 5, postings: 100 },
  bands: { postings: 100 },
} as const;

type Weights = Readonly<Record<LikenessPart, number>>;
type Portrait = ImageRecord & { embedding: Float32Array | undefined };

/**
 * Ids of photos that may be like this one, the likeliest first, {@link MOST_COMPARED} at the most: near by embedding, in the lists of
 * its largest colours, of its rarest tags, of its hash. How likely is estimated from the postings alone, by the same weights.
 */
export async function likelyAlike(
  userId: string,
  record: Portrait,
  weights: Weights,
  deps: Pick<Deps, 'postings' | 'vectors'>,
): Promise<string[]> {
  const readers: Record<LikenessPart, Reader> = {
    embedding: byEmbedding,
    palette: byColors,
    tags: byTags,
    phash: byHash,
  };
  const sums = new Map<string, number>();
  await Promise.all(
    Object.entries(readers).map(async ([part, read]) => {
      const weight = weights[part as LikenessPart];
      for (const [imageId, estimate] of weight > 0 ? await read(userId, record, deps) : []) {
        sums.set(imageId, (sums.get(imageId) ?? 0) + weight * estimate);
      }
    }),
  );
  sums.delete(record.image_id);
  return [...sums]
    .sort(([one, sum], [other, otherSum]) => otherSum - sum || (one < other ? 1 : -1))
    .slice(0, MOST_COMPARED)
    .map(([imageId]) => imageId);
}

/** Each estimate is 0–1. A photo may be there several times: estimates of one kind add up. */
type Estimates = [string, number][];
type Reader = (userId: string, record: Portrait, deps: Pick<Deps, 'postings' | 'vectors'>) => Promise<Estimates>;

async function byEmbedding(
  userId: string,
  { embedding }: Portrait,
  { vectors }: Pick<Deps, 'vectors'>,
): Promise<Estimates> {
  if (!embedding) return [];
  const near = await vectors.query(userId, embedding, READ.vectors);
  return near.map(({ image_id, similarity }) => [image_id, Math.max(0, similarity)]);
}

async function byColors(userId: string, record: Portrait, deps: Pick<Deps, 'postings'>): Promise<Estimates> {
  const largest = [...(record.color_bins ?? [])].sort((one, other) => other.share - one.share);
  const lists = await Promise.all(
    largest.slice(0, READ.colors.lists).map(async ({ bin, share }) => {
      const postings = await newest(userId, listOf.color(bin), READ.colors.postings, deps);
      return postings.map((posting): [string, number] => [posting.image_id, Math.min(share, posting.share ?? 0)]);
    }),
  );
  return lists.flat();
}

async function byTags(userId: string, record: Portrait, deps: Pick<Deps, 'postings'>): Promise<Estimates> {
  const tags = tagsOf(record);
  if (tags.length === 0) return [];
  const counts = await deps.postings.tagCounts(userId, tags);
  const rarest = [...tags].sort((one, other) => (counts.get(one) ?? 0) - (counts.get(other) ?? 0));
  const lists = await Promise.all(
    rarest.slice(0, READ.tags.lists).map((tag) => newest(userId, listOf.tag(tag), READ.tags.postings, deps)),
  );
  return lists.flat().map(({ image_id }) => [image_id, 1 / tags.length]);
}

async function byHash(userId: string, { phash }: Portrait, deps: Pick<Deps, 'postings'>): Promise<Estimates> {
  if (phash === undefined) return [];
  const bands = [...new Set(phashBands(phash))];
  const lists = await Promise.all(bands.map((band) => newest(userId, listOf.phash(band), READ.bands.postings, deps)));
  // Whoever shares several bands is one photo.
  const hashes = new Map(lists.flat().map((posting) => [posting.image_id, posting.phash]));
  return [...hashes].map(([imageId, hash]) => [
    imageId,
    hash === undefined ? 0 : Math.max(0, 1 - hamming(phash, hash) / BITS_UNRELATED),
  ]);
}

function newest(
  userId: string,
  list: string,
  limit: number,
  { postings }: Pick<Deps, 'postings'>,
): Promise<ListedPosting[]> {
  return postings.newest(userId, list, { limit });
}
