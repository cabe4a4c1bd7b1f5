import type { PlacedEmbedding } from '../../shared/adapters/embeddings.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { allImageKeys } from '../../shared/domain/object-keys.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import { clusterOf, leaveCluster } from './replacement.ts';
import type { Session } from './session.ts';
import type { ShowClusters } from './show-clusters.ts';

/**
 * Erases a photo and everything derived from it. Its index entries, and last its record, go with the batch's other work, so that a
 * half-erased photo is found again.
 */
export function createErasePhoto(deps: OrganizeDeps, show: ShowClusters) {
  const { images, embeddings, faces, vectors, clusters, checksums, objects } = deps;

  return async function erasePhoto({ userId, session: open, work }: Batch, event: EventOf<'removed'>) {
    const key = { userId, imageId: event.image_id };
    if (work.erasing.has(event.image_id)) return;
    const record = await images.get(key);
    if (!record) return;
    const { image_id } = record;
    const session = await open();
    const from = clustersOf(session, record, await embeddings.take(userId, image_id));
    const changed = await session.save();
    for (const clusterId of from) await clusters.removeMember(userId, clusterId, image_id);
    await show.refresh(userId, session, [...new Set([...changed, ...from])], false);
    await vectors.remove(userId, [image_id]);
    await embeddings.erase(userId, image_id);
    await faces.erase(userId, image_id);
    // A photo whose ingest was cut short may own its bytes' checksum before its record says what it is.
    const sha256 = record.sha256 ?? record.expected.sha256;
    if (sha256) await checksums.release(userId, sha256, image_id);
    await objects.remove(allImageKeys(userId, image_id));
    work.erasing.add(image_id);
  };
}

/** Takes a photo out of the clusters it may be in; answers which those are. Two, where it died between them. */
function clustersOf(session: Session, record: ImageRecord, embedding: PlacedEmbedding | null): string[] {
  const { image_id } = record;
  if (!embedding?.next) {
    const from = session.remove(image_id, clusterOf(record, embedding), embedding?.vector);
    return from === null ? [] : [from];
  }
  const from = leaveCluster(session, record, embedding);
  const to = session.remove(image_id, null, embedding.next);
  return [...new Set([from, to])].filter((clusterId) => clusterId !== null);
}
