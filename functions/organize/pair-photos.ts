import type { Neighbour } from '../../shared/adapters/near-duplicates.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { betterFirst, looksSame, NEAR_DISTANCE } from '../../shared/domain/near-duplicates.ts';
import { hamming, phashBands } from '../../shared/domain/phash.ts';
import type { OrganizeDeps } from './deps.ts';

/** Neighbours a photo has at the most. A group is what is reached from one to the next, so it may be larger. */
const MOST_NEIGHBOURS = 50;
/** Photos with a similar hash that are looked at more closely. */
const MOST_COMPARED = 200;

/** Near-duplicates: pairs of photos that show the same picture. */
export function createPairPhotos({ images, near }: Pick<OrganizeDeps, 'images' | 'near'>) {
  /**
   * Brings a photo's pairs in line with its looks (`null`: it has none to compare). `paired`: it may have pairs from before. Answers the
   * ids of all neighbours it had or has.
   */
  return async function pairPhoto(
    userId: string,
    imageId: string,
    record: ImageRecord | null,
    paired: boolean,
  ): Promise<string[]> {
    const before = paired ? await near.neighbours(userId, imageId) : new Map<string, number>();
    const alike = record ? await photosLike(userId, record) : [];
    const after = new Map<string, Neighbour>();
    for (const { image_id, ...known } of alike) {
      if (after.size === MOST_NEIGHBOURS) break;
      if (before.has(image_id) || (await hasRoom(userId, image_id))) after.set(image_id, known);
    }
    // Those that were there as well: a run that died may have written them in one direction only.
    await near.change(userId, imageId, { added: after, removed: [...before.keys()].filter((id) => !after.has(id)) });
    return [...new Set([...before.keys(), ...after.keys()])];
  };

  async function hasRoom(userId: string, imageId: string): Promise<boolean> {
    return (await near.neighbours(userId, imageId)).size < MOST_NEIGHBOURS;
  }

  /** Photos that show the same picture, the most alike first, newer before older. */
  async function photosLike(userId: string, record: ImageRecord): Promise<(Neighbour & { image_id: string })[]> {
    const { image_id: self, phash } = record;
    if (phash === undefined) return [];
    const hashed = await near.hashed(userId, phashBands(phash));
    const close = [...hashed]
      .map(([image_id, other]) => ({ image_id, distance: hamming(phash, other) }))
      .filter(({ image_id, distance }) => image_id !== self && distance <= NEAR_DISTANCE)
      .sort((a, b) => a.distance - b.distance || (a.image_id < b.image_id ? 1 : -1))
      .slice(0, MOST_COMPARED);
    const ids = close.map(({ image_id }) => image_id);
    const known = await images.getMany(userId, ids, { consistent: true });
    const records = new Map(known.map((other) => [other.image_id, other]));
    return close.flatMap(({ image_id }) => {
      const other = records.get(image_id);
      // Its hash may have changed since it was listed.
      if (!other?.phash || !looksSame(record, other)) return [];
      return [{ image_id, distance: hamming(phash, other.phash), better: betterFirst(other, record) < 0 }];
    });
  }
}
