import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { Job } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Undo } from '../../shared/adapters/undo.ts';
import type { Reason } from '../../shared/domain/image.ts';
import { restKey } from '../../shared/domain/object-keys.ts';
import {
  type GroupDefinition,
  intoParts,
  inverseOf,
  type Move,
  NOTHING_TO_UNDO,
  parsePlan,
  type RegroupPlan,
  type Space,
} from '../../shared/domain/regroup-plan.ts';
import type { Grouping } from './grouping.ts';

export interface PlanByHandDeps {
  groupings: Record<Space, Grouping>;
  objects: Objects;
  undo: Undo;
}

/** Why there is no plan. */
export interface Refused {
  refused: Reason;
}

const refuse = (code: string, message: string): Refused => ({ refused: { code, message } });

/** Plans of what a person wants moved: a merge, a move, or taking the last of them back. */
export function createPlanByHand({ groupings, objects, undo }: PlanByHandDeps) {
  return { merge, move, undo: takeBack };

  async function merge(userId: string, { request }: Job<'merge'>): Promise<RegroupPlan | Refused> {
    const { space, into } = request;
    const grouping = groupings[space];
    const kept = await grouping.definition(userId, into);
    const merged = await definitions(userId, grouping, request.from);
    if (!kept || merged.size === 0)
      return refuse('gone', 'What was to be merged is no longer there. Please look again.');
    const ids: string[] = [];
    for (const groupId of merged.keys()) ids.push(...(await grouping.members(userId, groupId)));
    const from = [...merged.keys()];
    const moves = (await movesOf(userId, grouping, ids, into)).filter((each) => from.includes(each.from ?? ''));
    return {
      kind: 'merge',
      space,
      names: true,
      parts: intoParts(moves),
      groups: Object.fromEntries([...merged, [into, kept]]),
      merged: { into, from },
      relabel: grouping.relabelled(kept, [...merged.values()]),
      exact: {},
      result: { into, merged: from.length, moved: moves.length },
    };
  }

  async function move(userId: string, { job_id, request }: Job<'move'>): Promise<RegroupPlan | Refused> {
    const { space, ids, to } = request;
    const grouping = groupings[space];
    const groups: Record<string, GroupDefinition> = {};
    let target = to === null || typeof to === 'string' ? to : null;
    if (typeof to === 'string') {
      const definition = await grouping.definition(userId, to);
      if (!definition) return refuse('gone', 'Where they were to be moved is no longer there. Please look again.');
      groups[to] = definition;
    } else if (to !== null) {
      target = uuidFrom(`group:${job_id}`);
      groups[target] = grouping.named(target, to.name);
    }
    const moves = await movesOf(userId, grouping, ids, target);
    const left = moves.flatMap(({ from }) => from ?? []);
    Object.assign(groups, Object.fromEntries(await definitions(userId, grouping, left)));
    const result = { moved: moves.length, ...(target !== null && { to: target }) };
    return { kind: 'move', space, names: true, parts: intoParts(moves), groups, exact: {}, result };
  }

  async function takeBack(userId: string, { job_id, request }: Job<'undo'>): Promise<RegroupPlan | Refused> {
    const point = await undo.get(userId, request.space);
    if (point?.job_id !== request.job_id || (point.undone_by ?? job_id) !== job_id) return { refused: NOTHING_TO_UNDO };
    const stored = await objects.read(point.plan_key);
    if (!stored) return refuse('too_late', 'It is too long ago to be undone.');
    const rest = await objects.read(restKey(userId, point.job_id));
    return inverseOf(parsePlan(stored), rest ? parsePlan(rest).parts.flat() : [], point.job_id);
  }

  async function definitions(userId: string, grouping: Grouping, ids: readonly string[]) {
    const found = new Map<string, GroupDefinition>();
    for (const groupId of new Set(ids)) {
      const definition = await grouping.definition(userId, groupId);
      if (definition) found.set(groupId, definition);
    }
    return found;
  }

  async function movesOf(
    userId: string,
    grouping: Grouping,
    ids: readonly string[],
    to: string | null,
  ): Promise<Move[]> {
    const places = await grouping.whereabouts(userId, ids);
    return [...new Set(ids)].flatMap((id) => {
      const place = places.get(id);
      return place ? [{ id, from: place.group_id, to, was: place.was }] : [];
    });
  }
}
