import { allImageKeys } from '../../shared/domain/object-keys.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import type { ShowClusters } from './show-clusters.ts';

/** Erases a photo and everything derived from it; the record goes last, so that a half-erased photo is found again. */
export function createErasePhoto(deps: OrganizeDeps, show: ShowClusters) {
  const { images, embeddings, vectors, clusters, checksums, objects } = deps;

  return async function erasePhoto({ userId, session: open }: Batch, event: EventOf<'removed'>) {
    const key = { userId, imageId: event.image_id };
    const record = await images.get(key);
    if (!record) return;
    const session = await open();
    const vector = (await embeddings.getMany(userId, [record.image_id])).get(record.image_id);
    const clusterId = session.remove(record.image_id, record.cluster?.cluster_id ?? null, vector);
    const changed = await session.save();
    if (clusterId !== null) await clusters.removeMember(userId, clusterId, record.image_id);
    await show.refresh(userId, session, clusterId === null ? changed : [...new Set([...changed, clusterId])], false);
    await vectors.remove(userId, [record.image_id]);
    await embeddings.remove(userId, record.image_id);
    // A photo whose ingest was cut short may own its bytes' checksum before its record says what it is.
    const sha256 = record.sha256 ?? record.expected.sha256;
    if (sha256) await checksums.release(userId, sha256, record.image_id);
    await objects.remove(allImageKeys(userId, record.image_id));
    await images.erase(key);
  };
}
