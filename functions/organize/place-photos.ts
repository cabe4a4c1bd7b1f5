import type { PlacedEmbedding } from '../../shared/adapters/embeddings.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import {
  type ClusterAssignment,
  canBeOrganized,
  hasEnded,
  type ImageRecord,
  MOVED_BY_HAND,
} from '../../shared/domain/image.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import { placementStep, replacementStep } from './marks.ts';
import { createPlaceFaces } from './place-faces.ts';
import { clusterOf, leaveCluster } from './replacement.ts';
import type { Placed, Session } from './session.ts';
import { leaveForTrash, namesLeft, putBack } from './set-aside.ts';
import type { ShowClusters } from './show-clusters.ts';

const unassigned = (reason: string): ClusterAssignment => ({
  cluster_id: null,
  similarity: null,
  threshold: null,
  runner_up: null,
  margin: null,
  reason,
});

/** A photo to be placed, and the embedding to place it by. */
interface Due {
  record: ImageRecord;
  embedding: PlacedEmbedding | null;
}

/** A photo that is being erased, and the event that came too late. */
interface Deleted {
  event: EventOf<'described'>;
  record: ImageRecord;
}

/**
 * Photos find their clusters. One pass for all of a batch, so that a centroid is written once. One that was run again keeps its
 * cluster, unless it has another embedding now.
 */
export function createPlacePhotos(deps: OrganizeDeps, show: ShowClusters) {
  const placeFaces = createPlaceFaces(deps);
  const { images, embeddings, vectors, clusters, jobs, queues } = deps;

  return { placePhotos, placeAgain };

  /** Photos that were once given up: what was begun with them then is ended. */
  async function placeAgain(batch: Batch, records: readonly ImageRecord[]): Promise<void> {
    const due: Due[] = [];
    for (const given of records) {
      // Its receipt tells what this took, not how long ago it was given up.
      const organize = { ...given.stages.organize, started_at: deps.clock().toISOString() };
      const record = { ...given, stages: { ...given.stages, organize } };
      due.push({ record, embedding: await embeddings.take(batch.userId, given.image_id) });
    }
    await placeDue(batch, due, []);
  }

  async function placePhotos(batch: Batch, events: readonly EventOf<'described'>[]): Promise<void> {
    const { userId, work } = batch;
    const due: Due[] = [];
    const deleted: Deleted[] = [];
    for (const event of events) {
      const key = { userId, imageId: event.image_id };
      // Told twice within one batch.
      if (work.finishing.has(event.image_id) || due.some(({ record }) => record.image_id === event.image_id)) continue;
      const record = await images.get(key);
      if (!record) continue;
      const { organize } = record.stages;
      if (record.deleted_at) deleted.push({ event, record });
      else if (hasEnded(organize.state)) {
        await images.finishIfEnded(key, record);
        work.settling.add(record.image_id);
      } else if (canBeOrganized(record.stages)) {
        // What is still being described, or looked at for faces, has another event to come.
        const begun = await images.beginStage(key, 'organize', record);
        if (begun) due.push({ record: begun, embedding: await embeddings.take(userId, begun.image_id) });
      }
    }
    await placeDue(batch, due, deleted);
  }

  async function placeDue(batch: Batch, due: readonly Due[], deleted: readonly Deleted[]): Promise<void> {
    if (due.length === 0 && deleted.length === 0) return;
    const { userId, session: open, work } = batch;
    const session = await open();
    // One deleted since an earlier run placed it, and others with it: what that run began is finished, so that erasing it (its
    // event is behind this one) finds everything where the record says. Of one that was run again the record says where it was before.
    const placed: Placed[] = deleted.flatMap(({ event, record }) =>
      (session.recall(placementStep(record), event.image_id) ?? []).filter(
        ({ image_id }) => image_id !== event.image_id || record.generation === 0,
      ),
    );
    const froms = new Map<string, string | null>();
    for (const photo of due) {
      const found = await place(userId, session, photo);
      placed.push(...found.placed);
      froms.set(photo.record.image_id, found.from);
    }
    const changed = await session.save();
    const newest = due.at(-1)?.record.image_id;
    await askForReviews(batch, session, newest);
    if (session.isReclusterDue()) await askForReclustering(userId, `${newest}`);

    const assignments = new Map(placed.map(({ image_id, cluster }) => [image_id, cluster]));
    for (const [imageId, { cluster_id }] of assignments) {
      if (cluster_id !== null) await clusters.addMember(userId, cluster_id, imageId);
    }
    const left = new Set<string>();
    for (const [imageId, from] of froms) {
      if (from === null || from === assignments.get(imageId)?.cluster_id) continue;
      await clusters.removeMember(userId, from, imageId);
      left.add(from);
    }
    const names = namesLeft(
      due.map(({ record }) => record),
      deps.clock().toISOString(),
    );
    await show.refresh(userId, session, [...new Set([...changed, ...left])], deps.canName, names);

    const own = new Set(due.map(({ record }) => record.image_id));
    for (const [imageId, cluster] of assignments) {
      if (own.has(imageId)) continue;
      const record = await images.setCluster({ userId, imageId }, cluster);
      // Placed a moment ago, by an event of this very batch.
      const finishing = work.finishing.get(imageId);
      if (record && finishing) work.finishing.set(imageId, { ...finishing, record, cluster });
    }
    const faces = await placeFaces(
      batch,
      due.map(({ record }) => record),
    );
    for (const { record, embedding } of due) {
      const { image_id, generation } = record;
      const cluster = assignments.get(image_id) ?? unassigned('no_embedding');
      if (embedding?.next) {
        const { cluster_id } = cluster;
        await embeddings.promote(userId, image_id, embedding.next, { cluster_id, generation });
      }
      work.finishing.set(image_id, { record, cluster, faces: faces.get(image_id) });
    }
  }

  /** Finds a photo its place; `from` is the cluster it has been in. */
  async function place(
    userId: string,
    session: Session,
    { record, embedding }: Due,
  ): Promise<{ placed: Placed[]; from: string | null }> {
    const { image_id, cluster } = record;
    const named = cluster?.cluster_id ?? null;
    const byHand = cluster?.reason === MOVED_BY_HAND;
    if (!embedding)
      return { placed: cluster && (byHand || named !== null) ? [{ image_id, cluster }] : [], from: named };
    const { vector, next } = embedding;
    await vectors.put(userId, image_id, next ?? vector);
    if (byHand) return { placed: [stay(session, record, cluster, embedding)], from: named };
    if (next) {
      const from = leaveCluster(session, record, embedding);
      return { placed: session.place(replacementStep('replaced', record), { image_id, vector: next }), from };
    }
    const known = clusterOf(record, embedding);
    if (known === null) {
      const step = placementStep(record);
      const left = leaveForTrash(session, record, vector);
      const back = putBack(session, step, record, vector);
      return { placed: back ?? session.place(step, { image_id, vector }), from: left ?? named };
    }
    const kept = cluster && named === known ? cluster : session.assignment(known, vector);
    return { placed: [{ image_id, cluster: kept }], from: named };
  }

  /** A person has put it where it is: there it stays, by whatever embedding. */
  function stay(session: Session, record: ImageRecord, cluster: ClusterAssignment, embedding: PlacedEmbedding): Placed {
    const { image_id } = record;
    const { next } = embedding;
    const to = cluster.cluster_id;
    if (!next || to === null) return { image_id, cluster };
    leaveCluster(session, record, embedding);
    session.join(replacementStep('replaced', record), { image_id, vector: next }, to, [image_id]);
    return { image_id, cluster: session.explain(next, to, MOVED_BY_HAND) };
  }

  /** They arrive behind this batch. One lost to a crash here is made up for when the cluster has doubled. */
  async function askForReviews({ userId }: Batch, session: Session, newest: string | undefined): Promise<void> {
    await queues.organize(
      session.dueForReview().map(({ cluster_id, size }) => ({
        type: 'review' as const,
        // A divided cluster may reach the same size again.
        event_id: `review:${cluster_id}:${size}:${newest}`,
        user_id: userId,
        cluster_id,
      })),
    );
  }

  /** A job like one that a person asks for. One lost to a crash here is made up for when the gallery has doubled again. */
  async function askForReclustering(userId: string, newest: string): Promise<void> {
    const job_id = uuidFrom(`recluster:${newest}`);
    const work = { type: 'recluster' as const, request: { k: 'auto' as const, names: true } };
    const job = (await jobs.get(userId, job_id)) ?? (await jobs.create(userId, work, () => job_id));
    if (job.status === 'queued') await queues.jobs({ type: 'recluster', user_id: userId, job_id });
  }
}
