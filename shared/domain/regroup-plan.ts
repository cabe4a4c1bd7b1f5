/** Kinds of groups that things are moved between: photos (by id) lie in clusters, faces (`image_id:n`) are people's. */
export const SPACES = ['clusters', 'people'] as const;
export type Space = (typeof SPACES)[number];

/** What moves things: ourselves (`recluster`, `review`), or a person, who may undo the last merge or move. */
export type MoveKind = 'recluster' | 'review' | 'merge' | 'move' | 'undo';

/** One thing that changes its group, where it is still in `from` by then. `null` is outside of every group. */
export interface Move {
  id: string;
  from: string | null;
  to: string | null;
  /** `undo`: how it came to be in `to`, said of it again. Others: how it came to be in `from`. */
  was?: string | undefined;
}

/** A group as it is called, in the words of its space: what a group that is gone is made of again. */
export type GroupDefinition = Record<string, unknown>;

/** The words of a group that a plan changes, unless a person has given it others than `before` meanwhile. */
export interface Relabel {
  group_id: string;
  before: GroupDefinition;
  after: GroupDefinition;
}

/**
 * What is to be moved between the groups of a space: written to the bucket once, before anything moves, and applied part by part by
 * `organize`. Every move says where from, so that a plan is its own inverse ({@link inverseOf}).
 */
export interface RegroupPlan {
  kind: MoveKind;
  space: Space;
  /** Whether the model is to be asked for names. */
  names: boolean;
  /** Moves, at most {@link MOVES_PER_PART} a part. */
  parts: Move[][];
  /** Groups to be made where there are none by that id when something moves there. */
  groups: Record<string, GroupDefinition>;
  /** Groups that are to be emptied: what joins them until the last part follows the others. */
  merged?: { into: string; from: string[] } | undefined;
  relabel?: Relabel | undefined;
  /** `recluster`: groups that a person had named by then. Others that are named by the time they would move are left alone. */
  named?: string[] | undefined;
  /** `undo`: the job whose moves are taken back. */
  undoes?: string | undefined;
  /** Exact cohesion of each planned cluster, for when its members have become those planned. */
  exact: Record<string, { count: number; mean: number; m2: number }>;
  /** What the job answers when the last part has been applied. */
  result: Record<string, number | string>;
}

export const MOVES_PER_PART = 100;

/** So long the last merge or move can be undone: the bucket keeps plans for seven days. */
export const UNDO_MS = 7 * 24 * 3_600_000;

/** Why an undo that was asked for does nothing. */
export const NOTHING_TO_UNDO = {
  code: 'nothing_to_undo',
  message: 'It has been undone, or something else has been merged or moved since.',
};

export const storePlan = (plan: RegroupPlan): Uint8Array => new TextEncoder().encode(JSON.stringify(plan));

export const parsePlan = (bytes: Uint8Array): RegroupPlan => JSON.parse(new TextDecoder().decode(bytes)) as RegroupPlan;

/** Cuts moves into parts; there is always one, so that the job is ended by a part even where nothing moves. */
export function intoParts<T>(moves: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < moves.length; start += MOVES_PER_PART)
    parts.push(moves.slice(start, start + MOVES_PER_PART));
  return parts.length > 0 ? parts : [[]];
}

/**
 * The plan that takes another back: everything that is still where it was moved to returns to where it was, into groups that are called
 * as they were.
 * @param rest what followed the plan's own moves.
 * @param job the job that made `plan`.
 */
export function inverseOf(plan: RegroupPlan, rest: readonly Move[], job: string): RegroupPlan {
  const { space, groups, relabel } = plan;
  const moves = [...plan.parts.flat(), ...rest].map(({ id, from, to, was }) => ({ id, from: to, to: from, was }));
  return {
    kind: 'undo',
    space,
    names: false,
    parts: intoParts(moves),
    groups,
    relabel: relabel && { group_id: relabel.group_id, before: relabel.after, after: relabel.before },
    undoes: job,
    exact: {},
    result: { undone: plan.kind, job_id: job, moved: moves.length },
  };
}
