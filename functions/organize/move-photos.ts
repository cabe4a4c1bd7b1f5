import type { ClusterDefinition } from '../../shared/adapters/clusters.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import { hasEnded, type ImageRecord, MOVED_BY_HAND } from '../../shared/domain/image.ts';
import { jobKey } from '../../shared/domain/object-keys.ts';
import { type Move, type MoveKind, parsePlan, type Relabel, storePlan } from '../../shared/domain/regroup-plan.ts';
import type { How, Mover } from './apply-plan.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import type { Session } from './session.ts';
import { isSetAside } from './set-aside.ts';
import type { ShowClusters } from './show-clusters.ts';

/** Larger clusters are not looked at again one by one: re-clustering does that. */
const MOST_REVIEWED = 100;
/** Photos that may join a cluster while it is being merged. */
const MOST_LEFT = 500;

/** Photos that change their cluster, by a plan that is written down before anything moves. */
export function createMovePhotos(deps: OrganizeDeps, show: ShowClusters): Mover & { reviewCluster: Review } {
  const { images, embeddings, clusters, objects, canName, clock } = deps;
  return { move, left, relabel, reviewCluster };

  /**
   * Divides a cluster that turns out to hold several. What is to be moved is written down before anything moves, and stays
   * (the bucket forgets plans after some days): a repeated event has to move the same photos, not decide anew.
   */
  async function reviewCluster(batch: Batch, event: EventOf<'review'>) {
    const { userId } = batch;
    const session = await batch.session();
    const key = jobKey(userId, uuidFrom(event.event_id));
    const stored = await objects.read(key);
    let moves = stored && parsePlan(stored).parts.flat();
    if (!moves) {
      const cluster = await clusters.get(userId, event.cluster_id);
      if (!cluster || cluster.name_source === 'person') return;
      const { imageIds, nextCursor } = await clusters.members(userId, event.cluster_id, {
        limit: MOST_REVIEWED,
        consistent: true,
      });
      if (nextCursor !== null) return;
      const vectorsOf = await embeddings.getMany(userId, imageIds);
      const members = [...vectorsOf].map(([image_id, vector]) => ({ image_id, vector }));
      const parts = session.review(event.event_id, event.cluster_id, members);
      if (parts.length === 0) return;
      moves = parts.map(({ image_id, cluster_id }) => ({ id: image_id, from: event.cluster_id, to: cluster_id }));
      const result = { images: members.length, moved: moves.length };
      const plan = { kind: 'review', space: 'clusters', names: true, groups: {}, exact: {}, result } as const;
      await objects.write(key, storePlan({ ...plan, parts: [moves] }), 'application/json');
    }
    await move(batch, event.event_id, moves, { kind: 'review', groups: {}, exact: {}, mayAskName: canName });
  }

  /** Moves photos that are still where the plan says (those being erased too: what an earlier run began is finished). */
  async function move(
    { userId, session: open }: Batch,
    eventId: string,
    moves: readonly Move[],
    { kind, groups, named, exact, mayAskName }: How,
  ) {
    const session = await open();
    const ids = moves.map(({ id }) => id);
    const found = await images.getMany(userId, ids, { consistent: true, erasing: true });
    const records = new Map(found.map((record) => [record.image_id, record]));
    const vectors = await embeddings.getMany(userId, ids);
    const begun = isBegun(session, eventId, moves, records) ? await begunMoves(userId, eventId) : null;
    const kept = kind === 'recluster' ? await namedSince(userId, session, eventId, moves, named) : new Set();

    const due: { move: Move; vector: Float32Array; reason: string }[] = [];
    /** An earlier life of this event has said so on their records; it may have died before the rest. */
    const there: Move[] = [];
    for (const each of moves) {
      const vector = vectors.get(each.id);
      const record = records.get(each.id);
      if (!vector || !record || !(begun ? begun.has(each.id) : mayMove(record, kind))) continue;
      const now = record.cluster?.cluster_id ?? null;
      if (now !== each.from) {
        if (now === each.to) there.push(each);
      } else if (!kept.has(each.from) && !(await isOut(userId, record, each))) {
        due.push({ move: each, vector, reason: reasonOf(kind, each, record) });
      }
    }
    if (!begun && due.length > 0) await writeBegun(userId, eventId, [...due.map((each) => each.move), ...there]);
    for (const { move: each, vector, reason } of due) {
      // One that stays in its cluster is only to stay there from now on.
      if (each.to !== null && each.to === each.from) continue;
      session.move(eventId, { image_id: each.id, vector }, each.from, each.to, reason !== MOVED_BY_HAND);
    }
    for (const [clusterId, values] of Object.entries(exact)) session.correct(clusterId, values);
    const changed = await session.save();
    const touched = [...due.map((each) => each.move), ...there].filter(({ from, to }) => from !== to);
    for (const { id, to } of touched) if (to !== null) await clusters.addMember(userId, to, id);
    for (const { move: each, vector, reason } of due)
      await images.setCluster({ userId, imageId: each.id }, session.explain(vector, each.to, reason));
    for (const { id, from } of touched) if (from !== null) await clusters.removeMember(userId, from, id);
    const affected = new Set([...changed, ...touched.flatMap(({ from, to }) => [from, to])]);
    affected.delete(null);
    const definitions = groups as unknown as Record<string, ClusterDefinition>;
    await show.refresh(userId, session, [...affected] as string[], mayAskName, definitions);
    if (kind === 'undo') await giveBackCovers(userId, Object.values(definitions));
  }

  /**
   * What an earlier life of this event has begun to move; `null` where none has. Centroids remember the event, not the photos: one that was
   * sent to be processed again meanwhile has been moved by them nevertheless.
   */
  async function begunMoves(userId: string, eventId: string): Promise<Set<string> | null> {
    const stored = await objects.read(begunKey(userId, eventId));
    return stored && new Set<string>(JSON.parse(new TextDecoder().decode(stored)));
  }

  async function writeBegun(userId: string, eventId: string, moves: readonly Move[]): Promise<void> {
    const ids = new TextEncoder().encode(JSON.stringify(moves.map(({ id }) => id)));
    await objects.write(begunKey(userId, eventId), ids, 'application/json');
  }

  /** Clusters that a person has named since the plan was made: they stay as they are, but for what an earlier life of this event began. */
  async function namedSince(
    userId: string,
    session: Session,
    eventId: string,
    moves: readonly Move[],
    known: readonly string[] = [],
  ): Promise<Set<string | null>> {
    if (session.contains(eventId)) return new Set();
    const ids = [...new Set(moves.flatMap(({ from }) => from ?? []))];
    const asked = ids.filter((id) => !known.includes(id) && session.centroid(id) !== null);
    const found = await Promise.all(asked.map((id) => clusters.get(userId, id)));
    return new Set(found.flatMap((cluster) => (cluster?.name_source === 'person' ? cluster.cluster_id : [])));
  }

  /** One that the trash has taken out of its cluster stays out, whatever its record says of it. */
  async function isOut(userId: string, { image_id, trashed_at }: ImageRecord, { from, to }: Move): Promise<boolean> {
    if (trashed_at === undefined) return false;
    for (const clusterId of [from, to])
      if (clusterId !== null && (await clusters.isMember(userId, clusterId, image_id))) return false;
    return true;
  }

  /** Photos whose move has taken them out of a cluster whose cover they were. */
  async function giveBackCovers(userId: string, definitions: readonly ClusterDefinition[]) {
    for (const { cluster_id, cover_image_id: cover } of definitions)
      if (cover !== undefined && (await clusters.isMember(userId, cluster_id, cover)))
        await clusters.giveCover(userId, cluster_id, cover);
  }

  async function left(userId: string, clusterId: string): Promise<string[]> {
    const options = { limit: MOST_LEFT, consistent: true };
    return (await clusters.members(userId, clusterId, options)).imageIds;
  }

  async function relabel(userId: string, { group_id, before, after }: Relabel) {
    const [known, wanted] = [before, after] as unknown as [ClusterDefinition, ClusterDefinition];
    for (;;) {
      const cluster = await clusters.get(userId, group_id);
      if (!cluster || (cluster.name_source === 'person' && cluster.name !== known.name)) return;
      const { name, name_source, named_by } = wanted;
      const words = { name, name_source, ...(named_by && { named_by }) };
      if (await clusters.rename(userId, group_id, cluster, words, clock().toISOString())) return;
    }
  }
}

const begunKey = (userId: string, eventId: string) => jobKey(userId, uuidFrom(`begun:${eventId}`));

/** Whether any centroid may have been changed: it says so, is gone, as its last photo has left it, or a photo is where it was to go. */
function isBegun(
  session: Session,
  eventId: string,
  moves: readonly Move[],
  records: ReadonlyMap<string, ImageRecord>,
): boolean {
  if (session.contains(eventId)) return true;
  return moves.some(({ id, from, to }) => {
    const now = records.get(id)?.cluster?.cluster_id ?? null;
    return now === from ? from !== null && session.centroid(from) === null : now === to;
  });
}

type Review = (batch: Batch, event: EventOf<'review'>) => Promise<void>;

/** Unassigned may mean "not placed yet": its own event places it then. What a person has moved, only a person moves. */
function mayMove({ stages, cluster }: ImageRecord, kind: MoveKind): boolean {
  if (!hasEnded(stages.organize.state) || isSetAside({ cluster })) return false;
  return cluster?.reason !== MOVED_BY_HAND || !['recluster', 'review'].includes(kind);
}

/** What is said of why a photo is where it has been moved to. */
function reasonOf(kind: MoveKind, { was }: Move, { cluster }: ImageRecord): string {
  if (kind === 'move') return MOVED_BY_HAND;
  if (kind === 'undo') return was ?? 'assigned';
  if (cluster?.reason === MOVED_BY_HAND) return MOVED_BY_HAND;
  return kind === 'merge' ? 'merged' : 'reclustered';
}
