import { type Finding, finding, floats, type Item, type Mend, runAgain } from './finding.ts';
import type { Photo } from './photo.ts';

/** A few sums of a vector's numbers, each with signs of its own: they tell two vectors apart in a hundredth of the space. */
const SUMS = 4;

interface Known {
  sums: Float64Array;
  aside: unknown;
  next: boolean;
}

/** Embeddings in the table, and those in the vector index, against the records. */
export function createEmbeddingsCheck(userId: string, photos: ReadonlyMap<string, Photo>) {
  const items = new Map<string, Known>();
  const indexed = new Map<string, Float64Array[]>();
  const findings: Finding[] = [];

  return {
    item(id: string, { vector, aside, next }: Item): void {
      items.set(id, { sums: sumsOf(floats(vector as Uint8Array)), aside, next: next !== undefined });
    },

    vector(id: string, values: readonly number[]): void {
      indexed.set(id, [...(indexed.get(id) ?? []), sumsOf(values)]);
    },

    findings(): Finding[] {
      for (const id of items.keys())
        if (!photos.has(id))
          findings.push(
            finding('embeddings', `the embedding of image ${userId}/${id} is left, but there is no such image`, {
              photo: id,
            }),
          );
      for (const id of indexed.keys())
        if (!photos.has(id))
          findings.push(
            finding('embeddings', `a vector of image ${id} is in the index, but there is no such image`, { photo: id }),
          );
      for (const [id, photo] of photos) if (!photo.underWay) checkPhoto(id, photo);
      return findings;
    },
  };

  function checkPhoto(id: string, photo: Photo): void {
    const item = items.get(id);
    const entries = indexed.get(id) ?? [];
    const mend = { photo: id };
    const say = (words: string, ...mends: Mend[]) =>
      findings.push(finding('embeddings', `image ${userId}/${id} ${words}`, ...mends));
    // Where the vector index does not have it either, only another run of describe makes it again.
    const lost = photo.described && !item;
    const again = entries.length > 0 ? [{ embedding: id }, mend] : [];
    const hint = lost && again.length === 0 ? runAgain(id, 'describe') : '';
    if (lost) say(`is described, but its embedding is lost${hint}`, ...again);
    // One that was run again may fail; it keeps what it had.
    if (photo.status !== 'done' && item && !photo.cluster)
      say(`is ${photo.status}, but has an embedding; its owner can retry or delete it`);
    if (item?.next) say(`has a new embedding that was not placed${runAgain(id, 'organize')}`);
    if (item && Boolean(item.aside) !== Boolean(photo.trashed_at))
      say(
        `is ${photo.trashed_at ? '' : 'not '}in the trash, but its embedding is ${item.aside ? '' : 'not '}set aside`,
        mend,
      );
    const due = item && !photo.trashed_at ? 1 : 0;
    if (entries.length !== due)
      say(`has ${entries.length} vectors in the index, expected ${due}${hint}`, ...(lost ? again : [mend]));
    const [entry] = entries;
    if (item && entry && item.sums.some((sum, n) => Math.abs(sum - (entry[n] ?? 0)) > 1e-4))
      findings.push(
        finding('embeddings', `image ${userId}/${id}: its vector in the index is not the one in the table`, {
          photo: id,
        }),
      );
  }
}

function sumsOf(values: readonly number[]): Float64Array {
  const sums = new Float64Array(SUMS);
  for (const [index, value] of values.entries())
    for (let n = 0; n < SUMS; n += 1) {
      // Signs that look random and are the same each time (Knuth's multiplicative hash).
      const sign = Math.imul(index + 1, 2654435761 + 40503 * n) & 0x10000 ? 1 : -1;
      sums[n] = (sums[n] ?? 0) + sign * value;
    }
  return sums;
}
