import type { Job } from '../../shared/adapters/jobs.ts';
import type { ActivityType } from '../../shared/domain/activities.ts';
import { restKey } from '../../shared/domain/object-keys.ts';
import {
  type Move,
  type MoveKind,
  NOTHING_TO_UNDO,
  parsePlan,
  type RegroupPlan,
  type Relabel,
  type Space,
  storePlan,
} from '../../shared/domain/regroup-plan.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';

/** What a part of a plan says beside its moves. */
export interface How extends Pick<RegroupPlan, 'groups' | 'exact' | 'named'> {
  kind: MoveKind;
  mayAskName: boolean;
}

/** Moves the things of one space between its groups. Every method may be repeated as the same event, and does nothing then. */
export interface Mover {
  move(batch: Batch, eventId: string, moves: readonly Move[], how: How): Promise<void>;
  /** Ids of what is in a group now: as many as can be moved at once. */
  left(userId: string, groupId: string): Promise<string[]>;
  /** Changes what a group is called, unless a person has called it otherwise meanwhile. */
  relabel(userId: string, relabel: Relabel): Promise<void>;
}

const FEED: Partial<Record<MoveKind, ActivityType>> = {
  recluster: 'reclustered',
  merge: 'merged',
  move: 'moved',
  undo: 'undone',
};

/** Plans of the jobs function, applied part by part: re-clusterings, merges, moves, and what undoes the latter two. */
export function createApplyPlan(
  { jobs, objects, undo, activities, canName, clock }: OrganizeDeps,
  movers: Record<Space, Mover>,
): (batch: Batch, event: EventOf<'regrouped'>) => Promise<void> {
  return async function applyPart(batch, event) {
    const { userId } = batch;
    const { job_id, part, parts, plan_key } = event;
    const job = await jobs.get(userId, job_id);
    if (job?.status === 'done' || (job?.applied ?? 0) > part) {
      // Sent again, when what it moved may have been moved elsewhere since. It may have died before it forgot what was undone.
      if (job?.type === 'undo' && job.status === 'done') await undo.clear(userId, job.request.space, job_id);
      return;
    }
    // Given up: what it was to move may have been moved elsewhere since.
    if (job?.status === 'failed') return;
    // The part before it has been given up: sweep sends all of them again, in order.
    if ((job?.applied ?? 0) < part) return;
    const plan = await storedPlan(plan_key);
    if (!plan) throw new Error(`The plan of job ${job_id} is gone from the bucket; expected ${plan_key}`);
    const { space, kind, groups, named } = plan;
    const mover = movers[space];
    const moves = plan.parts[part] ?? [];
    const last = part === parts - 1;
    if (plan.undoes !== undefined) {
      // What has been begun is ended, whatever is merged or moved meanwhile.
      if (part === 0 && !(await undo.take(userId, space, plan.undoes, job_id))) {
        await jobs.fail(userId, job_id, NOTHING_TO_UNDO);
        return;
      }
    }
    if (part === 0 && moves.length > 0 && (kind === 'merge' || kind === 'move'))
      await undo.put(userId, space, { kind, job_id, plan_key, at: clock().toISOString() });

    const how = { kind, groups, named, mayAskName: plan.names && canName };
    await mover.move(batch, event.event_id, moves, { ...how, exact: last ? plan.exact : {} });
    if (!last) {
      await jobs.partsApplied(userId, job_id, part + 1, parts);
      return;
    }
    if (plan.merged) {
      const rest = await restOf(userId, job_id, plan, plan.merged, mover);
      await mover.move(batch, `${event.event_id}:rest`, rest, { ...how, exact: {} });
    }
    if (plan.relabel) await mover.relabel(userId, plan.relabel);
    if (job) await tellOf(userId, job, kind);
    await jobs.finish(userId, job_id, plan.result);
    if (plan.undoes !== undefined) await undo.clear(userId, space, job_id);
  };

  /** In the feed it stands where it was asked for: the job knows no other time that a repeated event would find again. */
  async function tellOf(userId: string, { job_id, created_at }: Job, kind: MoveKind) {
    const type = FEED[kind];
    if (type)
      await activities.note(userId, [{ type, at: created_at, subject: { kind: 'job', id: job_id }, by: job_id }]);
  }

  /** What has joined the merged groups since the plan was made: written down before it moves, so that undoing knows of it. */
  async function restOf(
    userId: string,
    jobId: string,
    plan: RegroupPlan,
    { into, from }: NonNullable<RegroupPlan['merged']>,
    mover: Mover,
  ): Promise<Move[]> {
    const key = restKey(userId, jobId);
    const stored = await storedPlan(key);
    if (stored) return stored.parts.flat();
    const left = await Promise.all(from.map((groupId) => mover.left(userId, groupId)));
    const moves = from.flatMap((groupId, index) =>
      (left[index] ?? []).map((id) => ({ id, from: groupId, to: into, was: 'assigned' })),
    );
    if (moves.length > 0)
      await objects.write(key, storePlan({ ...plan, parts: [moves], exact: {}, result: {} }), 'application/json');
    return moves;
  }

  async function storedPlan(key: string): Promise<RegroupPlan | null> {
    const stored = await objects.read(key);
    return stored ? parsePlan(stored) : null;
  }
}
