import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { Clustering } from '../../shared/adapters/clustering.ts';
import { type Cluster, type Clusters, NEWEST_MEMBERS } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import { type Clock, uuidFrom } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { Vectors } from '../../shared/adapters/vectors.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import type { Background } from '../../shared/domain/clustering/background.ts';
import { type ClusterAssignment, hasEnded, type ImageRecord } from '../../shared/domain/image.ts';
import { allImageKeys, jobKey } from '../../shared/domain/object-keys.ts';
import { parsePlan, type ReclusterPlan, storePlan } from '../../shared/domain/recluster-plan.ts';
import { nameFromTags, nameIsDue } from './naming.ts';
import { openSession, type Placed, type Session } from './session.ts';

export interface OrganizeDeps {
  images: Images;
  embeddings: Embeddings;
  vectors: Vectors;
  checksums: Checksums;
  objects: Objects;
  clustering: Clustering;
  clusters: Clusters;
  jobs: Jobs;
  queues: Queues;
  /** Similarity of unrelated images, as the embeddings in use are known for. */
  background: Background;
  /** Whether there is a model to ask for cluster names. */
  canName: boolean;
  clock: Clock;
}

/** Larger clusters are not looked at again one by one: re-clustering does that. */
const MOST_REVIEWED = 100;

type Event<T extends OrganizeEvent['type']> = Extract<OrganizeEvent, { type: T }>;

const UNPLACED: ClusterAssignment = {
  cluster_id: null,
  similarity: null,
  threshold: null,
  runner_up: null,
  margin: null,
  reason: 'no_embedding',
};

/**
 * Applies a batch of one user's events, in order: the only writer of derived data. Throws where any could not be applied;
 * the whole batch may then be repeated, and what was applied stays applied once.
 */
export function createOrganize(deps: OrganizeDeps) {
  const { images, embeddings, vectors, clusters, jobs } = deps;

  return async function organize(userId: string, events: readonly OrganizeEvent[]): Promise<void> {
    let session: Session | undefined;
    const opened = async () => {
      session ??= await openSession(deps, userId);
      return session;
    };
    for (const run of runs(events)) {
      switch (run.type) {
        case 'described':
          await placeAll(userId, run.events, opened);
          break;
        case 'removed':
          await remove(userId, run.event, opened);
          break;
        case 'reclustered':
          await applyPart(userId, run.event, opened);
          break;
        case 'review':
          await reviewCluster(userId, run.event, opened);
          break;
        case 'named':
          await name(userId, run.event);
          break;
      }
    }
  };

  /** New photos find their clusters. One pass for all of a batch, so that a centroid is written once. */
  async function placeAll(userId: string, events: readonly Event<'described'>[], opened: () => Promise<Session>) {
    const due: { event: Event<'described'>; record: ImageRecord }[] = [];
    for (const event of events) {
      const key = { userId, imageId: event.image_id };
      const record = await images.get(key);
      if (!record || record.deleted_at) continue;
      if (hasEnded(record.stages.organize.state)) await images.finishIfEnded(key, record);
      else if (await images.beginStage(key, 'organize', record)) due.push({ event, record });
    }
    if (due.length === 0) return;

    const session = await opened();
    const found = await embeddings.getMany(
      userId,
      due.map(({ record }) => record.image_id),
    );
    const placed: Placed[] = [];
    for (const { event, record } of due) {
      const vector = found.get(record.image_id);
      if (!vector) continue;
      await vectors.put(userId, record.image_id, vector);
      placed.push(...session.place(event.event_id, { image_id: record.image_id, vector }));
    }
    const changed = await session.save();
    // They arrive behind this batch. One lost to a crash here is made up for when the cluster has doubled.
    await deps.queues.organize(
      session.dueForReview().map(({ cluster_id, size }) => ({
        type: 'review' as const,
        event_id: `review:${cluster_id}:${size}`,
        user_id: userId,
        cluster_id,
      })),
    );
    for (const { image_id, cluster } of placed) {
      if (cluster.cluster_id !== null) await clusters.addMember(userId, cluster.cluster_id, image_id);
    }
    await refresh(userId, session, changed, deps.canName);

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
  }

  /** Erases a photo and everything derived from it; the record goes last, so that a half-erased photo is found again. */
  async function remove(userId: string, event: Event<'removed'>, opened: () => Promise<Session>) {
    const key = { userId, imageId: event.image_id };
    const record = await images.get(key);
    if (!record) return;
    const session = await opened();
    const clusterId = record.cluster?.cluster_id ?? null;
    const vector = (await embeddings.getMany(userId, [record.image_id])).get(record.image_id);
    session.remove(event.event_id, record.image_id, clusterId, vector);
    const changed = await session.save();
    if (clusterId !== null) await clusters.removeMember(userId, clusterId, record.image_id);
    await refresh(userId, session, clusterId === null ? changed : [...new Set([...changed, clusterId])], false);
    await vectors.remove(userId, [record.image_id]);
    await embeddings.remove(userId, record.image_id);
    if (record.sha256) await deps.checksums.release(userId, record.sha256, record.image_id);
    await deps.objects.remove(allImageKeys(userId, record.image_id));
    await images.erase(key);
  }

  /** Applies one part of a re-clustering. */
  async function applyPart(userId: string, event: Event<'reclustered'>, opened: () => Promise<Session>) {
    const plan = await storedPlan(event.plan_key);
    if (!plan) throw new Error(`The plan of job ${event.job_id} is gone from the bucket; expected ${event.plan_key}`);
    const last = event.part === event.parts - 1;
    const moves = plan.parts[event.part] ?? [];
    await applyMoves(userId, event.event_id, moves, await opened(), {
      exact: last ? plan.exact : {},
      mayAskName: plan.names && deps.canName,
    });
    if (last) await jobs.finish(userId, event.job_id, plan.result);
    else await jobs.advance(userId, event.job_id, 0.5 + (0.5 * (event.part + 1)) / event.parts);
  }

  /**
   * Divides a cluster that turns out to hold several. What is to be moved is written down before anything moves, and stays
   * (the bucket forgets plans after some days): a repeated event has to move the same photos, not decide anew.
   */
  async function reviewCluster(userId: string, event: Event<'review'>, opened: () => Promise<Session>) {
    const cluster = await clusters.get(userId, event.cluster_id);
    if (!cluster || cluster.name_source === 'person') return;
    const session = await opened();
    const key = jobKey(userId, uuidFrom(event.event_id));
    let plan = await storedPlan(key);
    if (!plan) {
      const { imageIds, nextCursor } = await clusters.members(userId, event.cluster_id, { limit: MOST_REVIEWED });
      if (nextCursor !== null) return;
      const vectorsOf = await embeddings.getMany(userId, imageIds);
      const members = [...vectorsOf].map(([image_id, vector]) => ({ image_id, vector }));
      const moves = session.review(event.event_id, event.cluster_id, members);
      if (moves.length === 0) return;
      const result = { images: members.length, clusters: 0, unassigned: 0, moved: moves.length };
      plan = { names: true, parts: [[...moves]], exact: {}, result };
      await deps.objects.write(key, storePlan(plan), 'application/json');
    }
    await applyMoves(userId, event.event_id, plan.parts.flat(), session, { exact: {}, mayAskName: deps.canName });
  }

  async function storedPlan(key: string): Promise<ReclusterPlan | null> {
    const stored = await deps.objects.read(key);
    return stored ? parsePlan(stored) : null;
  }

  /** Moves images that are still there, from wherever they are now. */
  async function applyMoves(
    userId: string,
    eventId: string,
    moves: ReclusterPlan['parts'][number],
    session: Session,
    { exact, mayAskName }: { exact: ReclusterPlan['exact']; mayAskName: boolean },
  ) {
    const ids = moves.map(({ image_id }) => image_id);
    const records = new Map((await images.getMany(userId, ids)).map((record) => [record.image_id, record]));
    const known = await embeddings.getMany(userId, ids);

    const moved: { placed: Placed; from: string | null }[] = [];
    for (const { image_id, cluster_id } of moves) {
      const vector = known.get(image_id);
      const record = records.get(image_id);
      const from = record?.cluster?.cluster_id ?? null;
      // Unassigned may mean "not placed yet"; its own event places it then.
      if (!vector || !record || from === cluster_id || !hasEnded(record.stages.organize.state)) continue;
      moved.push({ placed: session.move(eventId, { image_id, vector }, from, cluster_id), from });
    }
    for (const [clusterId, values] of Object.entries(exact)) session.correct(clusterId, values);
    const changed = await session.save();
    for (const { placed, from } of moved) {
      if (placed.cluster.cluster_id) await clusters.addMember(userId, placed.cluster.cluster_id, placed.image_id);
      if (from !== null) await clusters.removeMember(userId, from, placed.image_id);
    }
    const affected = new Set([...changed, ...moved.flatMap(({ from }) => (from === null ? [] : [from]))]);
    await refresh(userId, session, [...affected], mayAskName);
    for (const { placed } of moved) await images.setCluster({ userId, imageId: placed.image_id }, placed.cluster);
  }

  /** The model's name for a cluster, unless a person has named it. */
  async function name(userId: string, event: Event<'named'>) {
    const cluster = await clusters.get(userId, event.cluster_id);
    if (!cluster || cluster.name_source === 'person') return;
    const at = deps.clock().toISOString();
    await clusters.change(userId, event.cluster_id, {
      name: event.name,
      name_source: 'model',
      named_by: { model: event.model, prompt_version: event.prompt_version, at },
      updated_at: at,
    });
  }

  /** Brings what people see of clusters in line with their centroids: count, newest members, name; empty ones go. */
  async function refresh(userId: string, session: Session, clusterIds: readonly string[], mayAskName: boolean) {
    const at = deps.clock().toISOString();
    for (const clusterId of clusterIds) {
      const count = session.centroid(clusterId)?.count ?? 0;
      if (count === 0) {
        await clusters.remove(userId, clusterId);
        continue;
      }
      const [existing, members] = await Promise.all([
        clusters.get(userId, clusterId),
        clusters.members(userId, clusterId, { limit: NEWEST_MEMBERS }),
      ]);
      const cluster: Cluster = {
        ...(existing ?? {
          cluster_id: clusterId,
          name: await firstName(userId, members.imageIds),
          name_source: 'tags',
          name_asked_at: 0,
          created_at: at,
        }),
        count,
        newest: members.imageIds,
        updated_at: at,
      };
      if (mayAskName && nameIsDue(cluster)) {
        // Asked before it is noted: a crash between the two asks twice, never not at all.
        await deps.queues.jobs({ type: 'name_cluster', user_id: userId, cluster_id: clusterId, revision: count });
        cluster.name_asked_at = count;
      }
      await clusters.put(userId, cluster);
    }
  }

  async function firstName(userId: string, memberIds: readonly string[]): Promise<string> {
    const [members, siblings] = await Promise.all([images.getMany(userId, memberIds), clusters.list(userId)]);
    return nameFromTags(members, new Set(siblings.map(({ name }) => name)));
  }
}

type Run =
  | { type: 'described'; events: Event<'described'>[] }
  | { type: 'removed'; event: Event<'removed'> }
  | { type: 'reclustered'; event: Event<'reclustered'> }
  | { type: 'review'; event: Event<'review'> }
  | { type: 'named'; event: Event<'named'> };

/** Neighbouring `described` events together, all others one by one, in the order in which they came. */
function runs(events: readonly OrganizeEvent[]): Run[] {
  const all: Run[] = [];
  for (const event of events) {
    const previous = all.at(-1);
    if (event.type === 'described') {
      if (previous?.type === 'described') previous.events.push(event);
      else all.push({ type: 'described', events: [event] });
    } else {
      all.push({ type: event.type, event } as Run);
    }
  }
  return all;
}
