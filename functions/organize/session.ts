import type { Clustering } from '../../shared/adapters/clustering.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import { derivePrior } from '../../shared/domain/clustering/assign.ts';
import { type Background, estimateBackground, newBackground } from '../../shared/domain/clustering/background.ts';
import { explain } from '../../shared/domain/clustering/explain.ts';
import { MOST_WAITING, type Waiting } from '../../shared/domain/clustering/found.ts';
import { type ClusterState, place } from '../../shared/domain/clustering/place.ts';
import { review } from '../../shared/domain/clustering/review.ts';
import { addMember, type ClusterStats, emptyStats, removeMember } from '../../shared/domain/clustering/stats.ts';
import type { ClusterAssignment } from '../../shared/domain/image.ts';
import { forgetPlaced, isReplacementOf, type Marks, mark, marksOf, remembered, renew } from './marks.ts';

/** What one event did: which images are where now. `null` means unassigned. */
export interface Placed {
  image_id: string;
  cluster: ClusterAssignment;
}

interface SessionDeps {
  clustering: Clustering;
  embeddings: Embeddings;
  background: Background;
}

/** A centroid in memory: what was stored, and what this batch makes of it. */
interface Entry {
  stats: ClusterStats;
  version: number;
  marks: Marks;
  dirty: boolean;
}

const NO_FIGURES = { similarity: null, threshold: null, runner_up: null, margin: null };

/**
 * One user's clustering while one batch of events is applied: read once, changed in memory, written by `save` one item at a
 * time. When it dies between two writes the batch comes back, and each item's own list of applied events tells what it
 * contains already.
 */
export async function openSession({ clustering, embeddings, background }: SessionDeps, userId: string) {
  const [stored, storedMemory] = await Promise.all([clustering.centroids(userId), clustering.memory(userId)]);
  const entries = new Map<string, Entry>(
    [...stored].map(([id, { stats, version, applied }]) => [
      id,
      { stats, version, marks: marksOf(applied), dirty: false },
    ]),
  );
  const memory = storedMemory ?? {
    background: newBackground(background),
    waiting: [],
    witnesses: [],
    applied: [],
    version: 0,
  };
  const memoryMarks = marksOf(memory.applied);
  let memoryDirty = false;
  /** Images whose next embedding this batch places, each with the step that does so. */
  const replacing = new Map<string, string>();
  /** Clusters that have grown enough to be looked at again. */
  const due = new Set<string>();
  /** Whether the gallery has doubled since it was last clustered afresh. */
  let reclusterDue = false;

  // Vectors of the images that new ones are compared with.
  const vectors = await embeddings.getMany(userId, [...memory.waiting, ...memory.witnesses]);
  const withVector = (ids: readonly string[]): Waiting[] =>
    ids.flatMap((image_id) => {
      const vector = vectors.get(image_id);
      return vector ? [{ image_id, vector }] : [];
    });

  function addEntry(stats: ClusterStats): Entry {
    const entry: Entry = { stats, version: 0, marks: marksOf([]), dirty: true };
    entries.set(stats.cluster_id, entry);
    return entry;
  }

  /** The entry an event may change, or `null` where it has done so in an earlier life of this batch. */
  function touch(clusterId: string, eventId: string, placed: readonly string[] = []): Entry | null {
    const entry = entries.get(clusterId);
    if (!entry) return null;
    entry.dirty = true;
    return mark(entry.marks, eventId, placed) ? entry : null;
  }

  function forgetIn(clusterId: string, imageId: string): void {
    const entry = entries.get(clusterId);
    if (entry) forgetPlaced(entry.marks, imageId);
  }

  /** No longer compared with anything: it has a cluster, or is gone. */
  function forget(imageIds: readonly string[], alsoAsWitness = false): void {
    const gone = new Set(imageIds);
    const waiting = memory.waiting.filter((id) => !gone.has(id));
    const witnesses = alsoAsWitness ? memory.witnesses.filter((id) => !gone.has(id)) : memory.witnesses;
    memoryDirty ||= waiting.length !== memory.waiting.length || witnesses.length !== memory.witnesses.length;
    memory.waiting = waiting;
    memory.witnesses = witnesses;
  }

  const state = (): ClusterState => ({
    clusters: [...entries.values()].map(({ stats }) => stats).filter(({ count }) => count > 0),
    waiting: withVector(memory.waiting),
    witnesses: withVector(memory.witnesses),
    background: memory.background,
  });

  /** Why an image is where it is by now: in a cluster that contains it, or in none. */
  function whyIn(vector: Float32Array | undefined, clusterId: string | null, reason: string): ClusterAssignment {
    if (!vector) return { cluster_id: clusterId, ...NO_FIGURES, reason };
    const clusters = [...entries.values()].map(({ stats }) => stats).filter(({ count }) => count > 0);
    const prior = derivePrior(estimateBackground(memory.background), clusters);
    return { cluster_id: clusterId, ...explain(vector, clusterId, clusters, prior), reason };
  }

  /** The cluster that already contains an image, and the event that put it there, as far as centroids remember. */
  function findPlaced(eventId: string, imageId: string): { clusterId: string; entry: Entry; event: string } | null {
    for (const [clusterId, entry] of entries) {
      if (entry.marks.before.has(eventId)) return { clusterId, entry, event: eventId };
      for (const [event, ids] of entry.marks.applied) if (ids.includes(imageId)) return { clusterId, entry, event };
    }
    return null;
  }

  /**
   * Where an image, and others with it, were put by an earlier run that died before it could say so: by this event, or by that
   * of another photo whose cluster this one founded or followed into.
   */
  function recall(eventId: string, imageId: string): Placed[] | null {
    const found = findPlaced(eventId, imageId);
    if (found) {
      const { clusterId, entry, event } = found;
      entry.dirty = true;
      const placed = renew(entry.marks, event);
      // One whose embedding took another's place has not left its former cluster for certain: its own event sees to both.
      const ids = placed.filter((id) => id === imageId || !isReplacementOf(event, id));
      forget(placed);
      return ids.map((image_id) => ({ image_id, cluster: whyIn(vectors.get(image_id), clusterId, 'assigned') }));
    }
    return null;
  }

  /** Takes the embedding that a new one is about to replace out of its cluster, once. */
  function leave(eventId: string, image: Waiting, from: string | null): void {
    const entry = from === null ? null : touch(from, eventId);
    if (from === null || !entry) return;
    if (entry.stats.count > 0) entry.stats = removeMember(entry.stats, image.vector);
    forgetIn(from, image.image_id);
  }

  /** Adds a known image to a cluster, which comes to be where there is none. `placed`: what it is to be found there by. */
  function join(eventId: string, image: Waiting, to: string, placed: readonly string[] = []): void {
    vectors.set(image.image_id, image.vector);
    if (!entries.has(to)) addEntry(emptyStats(to, image.vector.length));
    const entry = touch(to, eventId, placed);
    if (entry) entry.stats = addMember(entry.stats, image.vector);
  }

  return {
    centroid: (clusterId: string): ClusterStats | null => entries.get(clusterId)?.stats ?? null,

    recall,

    /** Whether an earlier life of this batch has changed any cluster by this event. */
    contains: (eventId: string): boolean => [...entries.values()].some(({ marks }) => marks.before.has(eventId)),

    /** Finds a new image its place; others that waited may find theirs with it. */
    place(eventId: string, image: Waiting): Placed[] {
      vectors.set(image.image_id, image.vector);
      if (isReplacementOf(eventId, image.image_id)) replacing.set(image.image_id, eventId);
      const recalled = recall(eventId, image.image_id);
      if (recalled) return recalled;
      if (!mark(memoryMarks, eventId)) {
        return [{ image_id: image.image_id, cluster: whyIn(image.vector, null, 'waiting') }];
      }
      const found = place(image, state(), () => uuidFrom(`cluster:${eventId}`));
      const { state: after, assignment, placed, founded } = found;
      if (found.review) due.add(found.review);
      reclusterDue ||= found.recluster;
      memory.background = after.background;
      memory.waiting = after.waiting.map(({ image_id }) => image_id);
      memory.witnesses = after.witnesses.map(({ image_id }) => image_id);
      memoryDirty = true;

      const target = placed[0]?.cluster_id;
      const ids = placed.map(({ image_id }) => image_id);
      const stats = after.clusters.find(({ cluster_id }) => cluster_id === target);
      if (stats) {
        const entry = entries.get(stats.cluster_id) ?? addEntry(stats);
        // By which embedding one that waited is in there, must be known apart from who let it in.
        const steps = Map.groupBy(ids, (id) => (id === image.image_id ? eventId : (replacing.get(id) ?? eventId)));
        for (const [step, placedBy] of steps) touch(stats.cluster_id, step, placedBy);
        entry.stats = stats;
      }
      const why = (imageId: string): ClusterAssignment => {
        if (imageId === image.image_id && !founded) return assignment;
        return whyIn(vectors.get(imageId), target ?? null, founded ? 'founded' : 'followed');
      };
      return ids.length > 0
        ? ids.map((image_id) => ({ image_id, cluster: why(image_id) }))
        : [{ image_id: image.image_id, cluster: assignment }];
    },

    /** Clusters to look at again, each with its size; asked once. */
    dueForReview(): { cluster_id: string; size: number }[] {
      const clusters = [...due].map((cluster_id) => ({ cluster_id, size: entries.get(cluster_id)?.stats.count ?? 0 }));
      due.clear();
      return clusters;
    },

    /** Whether it is time to cluster the whole gallery afresh; asked once. */
    isReclusterDue(): boolean {
      const isDue = reclusterDue;
      reclusterDue = false;
      return isDue;
    },

    /** What dividing a cluster would move; nothing is changed yet. */
    review(eventId: string, clusterId: string, members: readonly Waiting[]) {
      let parts = 0;
      const newId = () => {
        parts += 1;
        return uuidFrom(`cluster:${eventId}:${parts}`);
      };
      return review(clusterId, members, state(), newId).moved;
    },

    /**
     * Moves a known image from one cluster to another; `null` is outside of any, where it waits for one unless a person took it out
     * (`waits` false).
     */
    move(eventId: string, image: Waiting, from: string | null, to: string | null, waits: boolean): void {
      vectors.set(image.image_id, image.vector);
      if (from !== null) {
        const entry = touch(from, eventId);
        if (entry && entry.stats.count > 0) entry.stats = removeMember(entry.stats, image.vector);
        forgetIn(from, image.image_id);
      }
      if (to === null && waits) {
        if (!memory.waiting.includes(image.image_id))
          memory.waiting = [...memory.waiting, image.image_id].slice(-MOST_WAITING);
        memoryDirty = true;
        return;
      }
      forget([image.image_id]);
      // Its record says nothing of it yet: what comes between a plan that was given up and its next try has to find it here.
      if (to !== null) join(eventId, image, to, from === null ? [image.image_id] : []);
    },

    join,

    explain: whyIn,

    /** What there is to say about an image that a cluster is known to contain. */
    assignment(clusterId: string, vector: Float32Array): ClusterAssignment {
      return whyIn(vector, clusterId, 'assigned');
    },

    /** The cluster an image was put into by any event but `except`, as far as centroids remember. */
    whereIs(imageId: string, except: string): string | null {
      for (const [clusterId, { marks }] of entries)
        for (const [event, ids] of marks.applied) if (event !== except && ids.includes(imageId)) return clusterId;
      return null;
    },

    leave,

    /** As `leave`, of an image that is not to be compared with any more. */
    setAside(step: string, imageId: string, from: string | null, vector: Float32Array | undefined): void {
      forget([imageId], true);
      if (vector) leave(step, { image_id: imageId, vector }, from);
    },

    /** Puts an image that has left a cluster back into it, once, or where an earlier run has put it; one that is gone comes to be again. */
    putBack(eventId: string, image: Waiting, to: string): Placed[] {
      vectors.set(image.image_id, image.vector);
      const recalled = recall(eventId, image.image_id);
      if (recalled) return recalled;
      join(eventId, image, to, [image.image_id]);
      return [{ image_id: image.image_id, cluster: whyIn(image.vector, to, 'assigned') }];
    },

    /**
     * Takes an image out of `known`, the cluster its record names, or of the one that remembers it; answers which. Without its
     * vector (an earlier run has erased that) the centroid has been changed already.
     */
    remove(imageId: string, known: string | null, vector: Float32Array | undefined): string | null {
      // Not the event's id: an erasure that is sent again has another, and must not subtract again.
      const eventId = `removed:${imageId}`;
      const from = known ?? findPlaced(eventId, imageId)?.clusterId ?? null;
      forget([imageId], true);
      if (from === null || !vector) return from;
      const entry = touch(from, eventId);
      if (entry && entry.stats.count > 0) entry.stats = removeMember(entry.stats, vector);
      forgetIn(from, imageId);
      return from;
    },

    /** Replaces what adding one by one only approximates, where the members are those the exact values were computed for. */
    correct(clusterId: string, exact: { count: number; mean: number; m2: number }): void {
      const entry = entries.get(clusterId);
      if (!entry || entry.stats.count !== exact.count) return;
      entry.stats = { ...entry.stats, mean: exact.mean, m2: exact.m2 };
      entry.dirty = true;
    },

    /**
     * Writes what has changed: centroids first, since they say what has been decided; then the memory. Answers the ids of
     * the clusters changed, those left empty included.
     */
    async save(): Promise<string[]> {
      const changed = [...entries].filter(([, entry]) => entry.dirty);
      for (const [clusterId, entry] of changed) {
        if (entry.stats.count === 0) {
          await clustering.removeCentroid(userId, clusterId);
          entry.version = 0;
        } else {
          await clustering.putCentroid(userId, { ...entry, applied: remembered(entry.marks) });
          entry.version += 1;
        }
        entry.dirty = false;
      }
      if (memoryDirty) {
        await clustering.putMemory(userId, { ...memory, applied: remembered(memoryMarks) });
        memory.version += 1;
        memoryDirty = false;
      }
      return changed.map(([clusterId]) => clusterId);
    },
  };
}
export type Session = Awaited<ReturnType<typeof openSession>>;
