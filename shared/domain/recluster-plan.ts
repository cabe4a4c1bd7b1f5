/** What a re-clustering wants changed, written to the bucket by `jobs` and applied part by part by `organize`. */
export interface ReclusterPlan {
  /** Whether the model is to be asked for names. */
  names: boolean;
  /** Moves, at most {@link MOVES_PER_PART} a part. `null` takes an image out of any cluster. */
  parts: { image_id: string; cluster_id: string | null }[][];
  /** Exact cohesion of each planned cluster, for when its members have become those planned. */
  exact: Record<string, { count: number; mean: number; m2: number }>;
  /** What the job answers when the last part has been applied. */
  result: { images: number; clusters: number; unassigned: number; moved: number };
}

export const MOVES_PER_PART = 100;

export const storePlan = (plan: ReclusterPlan): Uint8Array => new TextEncoder().encode(JSON.stringify(plan));

export const parsePlan = (bytes: Uint8Array): ReclusterPlan =>
  JSON.parse(new TextDecoder().decode(bytes)) as ReclusterPlan;

/** Cuts moves into parts; there is always one, so that the job is ended by a part even where nothing moves. */
export function intoParts<T>(moves: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < moves.length; start += MOVES_PER_PART)
    parts.push(moves.slice(start, start + MOVES_PER_PART));
  return parts.length > 0 ? parts : [[]];
}
