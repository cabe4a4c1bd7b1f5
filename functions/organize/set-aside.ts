import type { ClusterDefinition } from '../../shared/adapters/clusters.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { ClusterAssignment, ImageRecord, LeftCluster } from '../../shared/domain/image.ts';
import type { Batch, OrganizeDeps } from './deps.ts';
import type { Placed, Session } from './session.ts';
import type { ShowClusters } from './show-clusters.ts';

/** A photo in the trash belongs to no cluster, and remembers which it was in. */
const TRASHED = 'trashed';

/** Whether a photo has been taken out of its cluster, and not yet been put back. */
export const isSetAside = ({ cluster }: Pick<ImageRecord, 'cluster'>) => cluster?.reason === TRASHED;

/**
 * Takes photos that lie in the trash out of their clusters, and out of what searching by meaning reads. Their records say so before
 * anything else does, and by which step: whoever finds a step unfinished ({@link leaveForTrash}) finishes it, also where the photo has
 * been restored or erased meanwhile.
 */
export function createSetAside({ images, embeddings, vectors, clusters }: OrganizeDeps, show: ShowClusters) {
  /** Answers the records as they are then. Those that are where they belong, or have changed since they were read, are left alone. */
  return async function setAside(
    { userId, session: open }: Batch,
    records: readonly ImageRecord[],
  ): Promise<ImageRecord[]> {
    const noted = await Promise.all(records.map((record) => note(userId, record)));
    const leaving = noted.filter(({ cluster }) => cluster?.leaving !== undefined);
    if (leaving.length === 0) return noted;

    const session = await open();
    const left = new Map<string, string | null>();
    for (const record of leaving) {
      const vector = await embeddings.setAside(userId, record.image_id);
      left.set(record.image_id, leaveForTrash(session, record, vector ?? undefined));
    }
    const changed = await session.save();
    const from = [...left].flatMap(([imageId, clusterId]) => (clusterId === null ? [] : [{ imageId, clusterId }]));
    for (const { imageId, clusterId } of from) await clusters.removeMember(userId, clusterId, imageId);
    await show.refresh(userId, session, [...new Set([...changed, ...from.map(({ clusterId }) => clusterId)])], false);
    await vectors.remove(userId, [...left.keys()]);
    return Promise.all(noted.map((record) => (left.has(record.image_id) ? conclude(userId, record) : record)));
  };

  /** Says on the record what is about to be done, where there is anything to do. */
  async function note(userId: string, record: ImageRecord): Promise<ImageRecord> {
    const { image_id, cluster, edit_revision = 0 } = record;
    if (record.trashed_at === undefined || !cluster || isSetAside(record)) return record;
    const noted = await images.noteLeaving({ userId, imageId: image_id }, record, {
      cluster_id: null,
      similarity: null,
      threshold: null,
      runner_up: null,
      margin: null,
      reason: TRASHED,
      ...(cluster.cluster_id !== null && { left: await leftBehind(userId, cluster, cluster.cluster_id) }),
      leaving: `trashed:${image_id}:${edit_revision}`,
    });
    // Restored or erased since it was read: an event behind this one sees to it.
    return noted ?? record;
  }

  async function leftBehind(userId: string, cluster: ClusterAssignment, clusterId: string): Promise<LeftCluster> {
    const shown = await clusters.get(userId, clusterId);
    return { ...cluster, ...(shown?.name_source === 'person' && { name: shown.name }) };
  }

  async function conclude(userId: string, record: ImageRecord): Promise<ImageRecord> {
    if (!record.cluster) return record;
    const { leaving, ...cluster } = record.cluster;
    return (await images.setCluster({ userId, imageId: record.image_id }, cluster)) ?? record;
  }
}

/**
 * Takes a photo out of the cluster its record says it is leaving, once, and from among those that wait for one; answers which that is.
 * Without its embedding the centroid has never known it.
 */
export function leaveForTrash(
  session: Session,
  { image_id, cluster }: Pick<ImageRecord, 'image_id' | 'cluster'>,
  vector: Float32Array | undefined,
): string | null {
  if (cluster?.leaving === undefined) return null;
  const from = cluster.left?.cluster_id ?? null;
  session.setAside(cluster.leaving, image_id, from, vector);
  return from;
}

/**
 * The id of the cluster that takes the place of one that is gone. Not the same again: what has still to leave that must find nothing to
 * leave.
 */
const successorOf = (clusterId: string) => uuidFrom(`cluster:after:${clusterId}`);

/**
 * Puts a restored photo back into the cluster it was taken out of, or, where that is gone and had its name from a person, into the one
 * that takes its place; `null` where there is neither.
 */
export function putBack(
  session: Session,
  eventId: string,
  { image_id, cluster }: Pick<ImageRecord, 'image_id' | 'cluster'>,
  vector: Float32Array,
): Placed[] | null {
  const left = cluster?.left;
  if (!left?.cluster_id) return null;
  const isThere = (session.centroid(left.cluster_id)?.count ?? 0) > 0;
  if (!isThere && left.name === undefined) return null;
  const placed = session.putBack(
    eventId,
    { image_id, vector },
    isThere ? left.cluster_id : successorOf(left.cluster_id),
  );
  const { name, ...before } = left;
  return placed.map((other) =>
    other.image_id === image_id && other.cluster.cluster_id === left.cluster_id ? { image_id, cluster: before } : other,
  );
}

/** What clusters that take the place of others are called: what their owner had called those. */
export function namesLeft(
  records: readonly Pick<ImageRecord, 'cluster'>[],
  created_at: string,
): Record<string, ClusterDefinition> {
  const named = records.flatMap(({ cluster }): ClusterDefinition[] => {
    const { cluster_id = null, name } = cluster?.left ?? {};
    if (cluster_id === null || name === undefined) return [];
    return [{ cluster_id: successorOf(cluster_id), name, name_source: 'person', name_asked_at: 0, created_at }];
  });
  return Object.fromEntries(named.map((definition) => [definition.cluster_id, definition]));
}
