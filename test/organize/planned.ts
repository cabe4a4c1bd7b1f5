import { createClusterGrouping } from '../../functions/jobs/cluster-grouping.ts';
import { createGroupPeople } from '../../functions/jobs/group-people.ts';
import { createPeopleGrouping } from '../../functions/jobs/people-grouping.ts';
import { createPlanByHand } from '../../functions/jobs/plan-by-hand.ts';
import { createRecluster } from '../../functions/jobs/recluster.ts';
import { createRegroup } from '../../functions/jobs/regroup.ts';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { imageId } from '../support/records.ts';
import { TABLE, type World } from '../support/world.ts';

export type Work = Parameters<OrganizeDeps['jobs']['create']>[1];

/** What the jobs function makes of work that moves photos: a job, and the events it sends to organize. */
export function createPlanning(world: World, deps: OrganizeDeps) {
  const people = createPeopleGrouping({ ...deps, postings: createPostings(world.table, TABLE) });
  const groupings = { clusters: createClusterGrouping(deps), people };
  const byHand = createPlanByHand({ ...deps, groupings });
  const plan = createRegroup({
    ...deps,
    planners: { ...byHand, recluster: createRecluster(deps), group_people: createGroupPeople(deps) },
  });
  let jobs = 0;

  return async function planned(user: string, work: Work): Promise<{ job_id: string; events: OrganizeEvent[] }> {
    jobs += 1;
    const { job_id } = await deps.jobs.create(user, work, () => imageId(100_000 + jobs));
    await world.drain('organize');
    await plan(user, job_id);
    return { job_id, events: (await world.drain('organize')) as OrganizeEvent[] };
  };
}
