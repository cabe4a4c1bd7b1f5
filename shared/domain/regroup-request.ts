import type { Space } from './regroup-plan.ts';

/** Groups that are to become one: `into` keeps its id. */
export interface MergeRequest {
  space: Space;
  into: string;
  from: string[];
}

/** Things that are to be in another group: one there is, a new one of this name, or none. */
export interface MoveRequest {
  space: Space;
  ids: string[];
  to: string | null | { name: string };
}

/** Takes the merge or move of that job back. */
export interface UndoRequest {
  space: Space;
  job_id: string;
}
