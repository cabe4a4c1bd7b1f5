import { type ClusterAssignment, hasEnded, type ImageRecord } from '../../shared/domain/image.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import type { Placed } from './session.ts';
import type { ShowClusters } from './show-clusters.ts';

const UNPLACED: ClusterAssignment = {
  cluster_id: null,
  similarity: null,
  threshold: null,
  runner_up: null,
  margin: null,
  reason: 'no_embedding',
};

/** New photos find their clusters. One pass for all of a batch, so that a centroid is written once. */
export function createPlacePhotos(deps: OrganizeDeps, show: ShowClusters) {
  const { images, embeddings, vectors, clusters, queues } = deps;

  return async function placePhotos({ userId, session: open }: Batch, events: readonly EventOf<'described'>[]) {
    const due: { event: EventOf<'described'>; record: ImageRecord }[] = [];
    const deleted: EventOf<'described'>[] = [];
    for (const event of events) {
      const key = { userId, imageId: event.image_id };
      const record = await images.get(key);
      if (!record) continue;
      if (record.deleted_at) deleted.push(event);
      else if (hasEnded(record.stages.organize.state)) await images.finishIfEnded(key, record);
      else if (await images.beginStage(key, 'organize', record)) due.push({ event, record });
    }
    if (due.length === 0 && deleted.length === 0) return;

    const session = await open();
    const found = await embeddings.getMany(
      userId,
      due.map(({ record }) => record.image_id),
    );
    // One deleted since an earlier run placed it, and others with it: what that run began is finished, so that erasing it (its
    // event is behind this one) finds everything where the record says.
    const placed: Placed[] = deleted.flatMap(({ event_id, image_id }) => session.recall(event_id, image_id) ?? []);
    for (const { event, record } of due) {
      const vector = found.get(record.image_id);
      if (!vector) continue;
      await vectors.put(userId, record.image_id, vector);
      placed.push(...session.place(event.event_id, { image_id: record.image_id, vector }));
    }
    const changed = await session.save();
    // They arrive behind this batch. One lost to a crash here is made up for when the cluster has doubled.
    const newest = due.at(-1)?.record.image_id;
    await queues.organize(
      session.dueForReview().map(({ cluster_id, size }) => ({
        type: 'review' as const,
        // A divided cluster may reach the same size again.
        event_id: `review:${cluster_id}:${size}:${newest}`,
        user_id: userId,
        cluster_id,
      })),
    );
    for (const { image_id, cluster } of placed) {
      if (cluster.cluster_id !== null) await clusters.addMember(userId, cluster.cluster_id, image_id);
    }
    await show.refresh(userId, session, changed, deps.canName);

    const own = new Set(due.map(({ record }) => record.image_id));
    const assignments = new Map(placed.map(({ image_id, cluster }) => [image_id, cluster]));
    for (const [imageId, cluster] of assignments) {
      if (!own.has(imageId)) await images.setCluster({ userId, imageId }, cluster);
    }
    for (const { record } of due) {
      const key = { userId, imageId: record.image_id };
      const cluster = assignments.get(record.image_id) ?? UNPLACED;
      const ended = await images.endStage(key, 'organize', { state: 'done' }, { cluster });
      // Deleted meanwhile: its `removed` event is behind this one and has to know the cluster.
      if (!ended) await images.setCluster(key, cluster);
    }
  };
}
