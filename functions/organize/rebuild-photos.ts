import { type ImageRecord, isGivenUp, isTerminal } from '../../shared/domain/image.ts';
import type { createBringInLine } from './bring-in-line.ts';
import type { Batch, OrganizeDeps } from './deps.ts';
import { entryOf } from './index-change.ts';
import { createLeaveAlbums } from './leave-albums.ts';
import { createPairPhotos } from './pair-photos.ts';
import { createSparePhotos } from './spare-photos.ts';

/** Everything that is written of photos one by one, written anew; of those that have no record any more, removed. */
export function createRebuildPhotos(deps: OrganizeDeps, setAside: Parameters<typeof createBringInLine>[1]) {
  const { images, index, embeddings, faces, vectors, clusters, checksums } = deps;
  const pairPhoto = createPairPhotos(deps);
  const sparePhotos = createSparePhotos(deps);
  const leaveAlbums = createLeaveAlbums(deps);

  return async function rebuildPhotos(batch: Batch, imageIds: readonly string[]): Promise<void> {
    const { userId } = batch;
    const records = await images.getMany(userId, imageIds, { consistent: true, erasing: true });
    const known = new Set(records.map(({ image_id }) => image_id));
    const gone = imageIds.filter((id) => !known.has(id));
    // What is under way, being erased, or has still to be placed, has an event of its own to come.
    const atRest = (record: ImageRecord) => isTerminal(record.status) && !record.deleted_at && !isGivenUp(record);
    const settled = (await leaveAlbums(userId, await setAside(batch, records.filter(atRest)))).filter(atRest);
    await write(userId, settled, gone);
    for (const record of settled) {
      await place(userId, record);
      await claim(userId, record);
      await images.settle({ userId, imageId: record.image_id }, record);
    }
    await vectors.remove(userId, gone);
    for (const imageId of gone) {
      await embeddings.erase(userId, imageId);
      await faces.erase(userId, imageId);
    }
  };

  /** Lists, near-duplicates and entries. What counts them is not looked at. */
  async function write(userId: string, settled: readonly ImageRecord[], gone: readonly string[]): Promise<void> {
    const ids = [...settled.map(({ image_id }) => image_id), ...gone];
    const [entries, detected] = await Promise.all([index.entries(userId, ids), faces.getMany(userId, ids)]);
    const written = settled.map((record) => entryOf(record, detected.get(record.image_id)?.faces));
    const after = new Map(written.map(({ entry, postings }) => [entry.image_id, new Set(postings.map((p) => p.list))]));
    await index.writePostings(
      userId,
      written.flatMap(({ postings }) => postings),
      ids.flatMap((image_id) =>
        Object.keys(entries.get(image_id)?.lists ?? {})
          .filter((list) => !after.get(image_id)?.has(list))
          .map((list) => ({ list, image_id })),
      ),
    );
    const paired = new Set(ids);
    const records = new Map(settled.map((record) => [record.image_id, record]));
    const looks = new Map(written.map(({ entry }) => [entry.image_id, entry.looks]));
    for (const imageId of ids) {
      const shown = looks.get(imageId) ? (records.get(imageId) ?? null) : null;
      for (const other of await pairPhoto(userId, imageId, shown, true)) paired.add(other);
    }
    const spare = await sparePhotos(userId, [...paired]);
    await index.replace(userId, {
      entries: written.map(({ entry }) => entry),
      gone,
      spares: spare?.spares ?? [],
    });
  }

  /** In the vector index and in the cluster its record names, or out of the index. Clusters are added up later. */
  async function place(userId: string, { image_id, cluster, trashed_at }: ImageRecord): Promise<void> {
    if (trashed_at !== undefined) {
      await embeddings.setAside(userId, image_id);
      return vectors.remove(userId, [image_id]);
    }
    // One that was never placed may still be replaced.
    if (cluster) await embeddings.take(userId, image_id);
    const vector = (await embeddings.getMany(userId, [image_id])).get(image_id);
    if (!vector) return vectors.remove(userId, [image_id]);
    await vectors.put(userId, image_id, vector);
    if (cluster?.cluster_id) await clusters.addMember(userId, cluster.cluster_id, image_id);
  }

  /** The bytes of an accepted photo are its own, unless another one that is there has them. */
  async function claim(userId: string, { image_id, status, sha256 }: ImageRecord): Promise<void> {
    if (status !== 'done' || sha256 === undefined) return;
    const owner = await checksums.owner(userId, sha256);
    if (owner === image_id || (owner !== null && (await images.get({ userId, imageId: owner })))) return;
    await checksums.claim(userId, sha256, image_id, owner ?? image_id);
  }
}
