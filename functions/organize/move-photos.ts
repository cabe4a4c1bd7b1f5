import { uuidFrom } from '../../shared/adapters/ids.ts';
import { hasEnded } from '../../shared/domain/image.ts';
import { jobKey } from '../../shared/domain/object-keys.ts';
import { parsePlan, type ReclusterPlan, storePlan } from '../../shared/domain/recluster-plan.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import type { Placed, Session } from './session.ts';
import { isSetAside } from './set-aside.ts';
import type { ShowClusters } from './show-clusters.ts';

/** Larger clusters are not looked at again one by one: re-clustering does that. */
const MOST_REVIEWED = 100;

/** Photos that change their cluster, by a plan that is written down before anything moves. */
export function createMovePhotos(deps: OrganizeDeps, show: ShowClusters) {
  const { images, embeddings, clusters, jobs, objects, activities, canName } = deps;
  return { applyPart, reviewCluster };

  /** Applies one part of a re-clustering. */
  async function applyPart({ userId, session: open }: Batch, event: EventOf<'reclustered'>) {
    const plan = await storedPlan(event.plan_key);
    if (!plan) throw new Error(`The plan of job ${event.job_id} is gone from the bucket; expected ${event.plan_key}`);
    const last = event.part === event.parts - 1;
    const moves = plan.parts[event.part] ?? [];
    await applyMoves(userId, event.event_id, moves, await open(), {
      exact: last ? plan.exact : {},
      mayAskName: plan.names && canName,
    });
    if (last) {
      await tellOf(userId, event.job_id);
      await jobs.finish(userId, event.job_id, plan.result);
    } else await jobs.advance(userId, event.job_id, 0.5 + (0.5 * (event.part + 1)) / event.parts);
  }

  /**
   * Divides a cluster that turns out to hold several. What is to be moved is written down before anything moves, and stays
   * (the bucket forgets plans after some days): a repeated event has to move the same photos, not decide anew.
   */
  async function reviewCluster({ userId, session: open }: Batch, event: EventOf<'review'>) {
    const cluster = await clusters.get(userId, event.cluster_id);
    if (!cluster || cluster.name_source === 'person') return;
    const session = await open();
    const key = jobKey(userId, uuidFrom(event.event_id));
    let plan = await storedPlan(key);
    if (!plan) {
      const { imageIds, nextCursor } = await clusters.members(userId, event.cluster_id, {
        limit: MOST_REVIEWED,
        consistent: true,
      });
      if (nextCursor !== null) return;
      const vectorsOf = await embeddings.getMany(userId, imageIds);
      const members = [...vectorsOf].map(([image_id, vector]) => ({ image_id, vector }));
      const moves = session.review(event.event_id, event.cluster_id, members);
      if (moves.length === 0) return;
      const result = { images: members.length, clusters: 0, unassigned: 0, moved: moves.length };
      plan = { names: true, parts: [[...moves]], exact: {}, result };
      await objects.write(key, storePlan(plan), 'application/json');
    }
    await applyMoves(userId, event.event_id, plan.parts.flat(), session, { exact: {}, mayAskName: canName });
  }

  /** In the feed it stands where it was asked for: the job knows no other time that a repeated event would find again. */
  async function tellOf(userId: string, jobId: string) {
    const job = await jobs.get(userId, jobId);
    if (!job) return;
    const subject = { kind: 'job', id: jobId };
    await activities.note(userId, [{ type: 'reclustered', at: job.created_at, subject, by: jobId }]);
  }

  async function storedPlan(key: string): Promise<ReclusterPlan | null> {
    const stored = await objects.read(key);
    return stored ? parsePlan(stored) : null;
  }

  /** Moves images that are still there (those being erased too: what an earlier run began is finished), from wherever they are now. */
  async function applyMoves(
    userId: string,
    eventId: string,
    moves: ReclusterPlan['parts'][number],
    session: Session,
    { exact, mayAskName }: { exact: ReclusterPlan['exact']; mayAskName: boolean },
  ) {
    const ids = moves.map(({ image_id }) => image_id);
    const records = new Map(
      (await images.getMany(userId, ids, { consistent: true, erasing: true })).map((record) => [
        record.image_id,
        record,
      ]),
    );
    const known = await embeddings.getMany(userId, ids);

    const moved: { placed: Placed; from: string | null }[] = [];
    for (const { image_id, cluster_id } of moves) {
      const vector = known.get(image_id);
      const record = records.get(image_id);
      const from = record?.cluster?.cluster_id ?? null;
      // Unassigned may mean "not placed yet"; its own event places it then.
      if (!vector || !record || from === cluster_id || !hasEnded(record.stages.organize.state)) continue;
      if (isSetAside(record)) continue;
      moved.push({ placed: session.move(eventId, { image_id, vector }, from, cluster_id), from });
    }
    for (const [clusterId, values] of Object.entries(exact)) session.correct(clusterId, values);
    const changed = await session.save();
    for (const { placed, from } of moved) {
      if (placed.cluster.cluster_id) await clusters.addMember(userId, placed.cluster.cluster_id, placed.image_id);
      if (from !== null) await clusters.removeMember(userId, from, placed.image_id);
    }
    const affected = new Set([...changed, ...moved.flatMap(({ from }) => (from === null ? [] : [from]))]);
    await show.refresh(userId, session, [...affected], mayAskName);
    for (const { placed } of moved) await images.setCluster({ userId, imageId: placed.image_id }, placed.cluster);
  }
}
