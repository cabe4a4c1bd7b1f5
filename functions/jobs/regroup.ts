import type { Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { jobKey } from '../../shared/domain/object-keys.ts';
import { parsePlan, type RegroupPlan, storePlan } from '../../shared/domain/regroup-plan.ts';
import type { Refused } from './plan-by-hand.ts';

type Planned = 'recluster' | 'group_people' | 'merge' | 'move' | 'undo';

const isPlanned = (job: Job): job is Job<Planned> =>
  ['recluster', 'group_people', 'merge', 'move', 'undo'].includes(job.type);

export interface RegroupDeps {
  jobs: Jobs;
  objects: Objects;
  queues: Queues;
  /** Who plans which job. */
  planners: { [T in Planned]: (userId: string, job: Job<T>) => Promise<RegroupPlan | Refused> };
}

/**
 * Plans what is to be moved between groups, and hands it to `organize` in parts. The plan is written once: a repeated message sends the
 * same plan again, whatever has happened to the gallery meanwhile.
 */
export function createRegroup({ jobs, objects, queues, planners }: RegroupDeps) {
  return async function run(userId: string, jobId: string): Promise<void> {
    const job = await jobs.get(userId, jobId);
    if (!job || !isPlanned(job) || job.status === 'done' || job.status === 'failed') return;
    // Sent again it has not come any further, and sweep is to send it less and less often.
    if (job.progress < 0.1) await jobs.advance(userId, jobId, 0.1);

    const key = jobKey(userId, jobId);
    let plan = await read(key);
    if (!plan) {
      const fresh = await planFor(userId, job);
      if ('refused' in fresh) {
        await jobs.fail(userId, jobId, fresh.refused);
        return;
      }
      // Lost to another run of the same job: its plan counts.
      plan = (await objects.writeOnce(key, storePlan(fresh), 'application/json')) ? fresh : await read(key);
    }
    if (!plan) throw new Error(`The plan of job ${jobId} vanished between writing and reading it`);

    const parts = plan.parts.length;
    await queues.organize(
      plan.parts
        .map((_, part) => ({
          type: 'regrouped' as const,
          event_id: `regrouped:${jobId}:${part}`,
          user_id: userId,
          job_id: jobId,
          plan_key: key,
          part,
          parts,
        }))
        .slice(job.applied ?? 0),
    );
  };

  function planFor(userId: string, job: Job<Planned>): Promise<RegroupPlan | Refused> {
    switch (job.type) {
      case 'recluster':
        return planners.recluster(userId, job);
      case 'group_people':
        return planners.group_people(userId, job);
      case 'merge':
        return planners.merge(userId, job);
      case 'move':
        return planners.move(userId, job);
      case 'undo':
        return planners.undo(userId, job);
    }
  }

  async function read(key: string): Promise<RegroupPlan | null> {
    const stored = await objects.read(key);
    return stored ? parsePlan(stored) : null;
  }
}
