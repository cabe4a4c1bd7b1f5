import { typicalCostMicroDollars } from './cost.ts';
import { type ImageRecord, isDegraded, type StageName } from './image.ts';
import { listOf } from './search/postings.ts';
import { type Summary, statsView } from './summary.ts';

/** Which photos are to be run again, and through what. */
export interface RerunRequest {
  /** How they ended; without it, those that are done. */
  status?: 'failed' | 'degraded' | 'done' | undefined;
  /** By which model they were described, and under which version of the prompt. */
  model?: string | undefined;
  prompt_version?: string | undefined;
  stages: StageName[];
}

/** The request, and the posting lists in which its photos are found. */
export interface RerunPlan extends RerunRequest {
  lists: string[];
}

export interface RerunEstimate {
  /** At the most, by the counters. */
  images: number;
  estimated_cost_microusd: number;
  /** What the estimate rests on. */
  basis: string;
}

type Counters = (Summary & { updated_at: string }) | null;

/** Where the photos of a request are found, how many they are by the counters, and what that would cost. Reads no photo. */
export function planRerun(
  { status, model, prompt_version, stages }: RerunRequest,
  counters: Counters,
  { hasModel }: { hasModel: boolean },
): { plan: RerunPlan; estimate: RerunEstimate } {
  const stats = statsView(counters);
  const described = stats.models.filter(
    (known) => known.model === model && (prompt_version === undefined || known.prompt_version === prompt_version),
  );
  const withStatus = status === 'degraded' ? stats.degraded : (stats.by_status[status ?? 'done'] ?? 0);
  const withModel = described.reduce((sum, { images }) => sum + images, 0);
  // Those that failed are in no list of a model; the degraded ones are the fewer.
  const byModel = model !== undefined && (status ?? 'done') === 'done';
  const lists = byModel
    ? described.map((known) => listOf.model(known.model, known.prompt_version))
    : [listOf.status(status ?? 'done')];
  const images =
    byModel || (model !== undefined && status === 'degraded') ? Math.min(withModel, withStatus) : withStatus;
  const plan = { status, model, prompt_version, stages, lists: [...new Set(lists)] };
  return { plan, estimate: { images, ...priceOf(plan, images, stats, hasModel) } };
}

function priceOf(
  { status, stages }: RerunRequest,
  images: number,
  { models, cost_microusd }: ReturnType<typeof statsView>,
  hasModel: boolean,
): Omit<RerunEstimate, 'images'> {
  // One that failed runs through all stages.
  if (!stages.includes('describe') && status !== 'failed') {
    return { estimated_cost_microusd: 0, basis: 'Nothing is described anew: only that costs.' };
  }
  if (!hasModel) return { estimated_cost_microusd: 0, basis: 'No model is set up, so none is paid.' };
  const described = models.reduce((sum, model) => sum + model.images, 0);
  if (described === 0 || cost_microusd === 0) {
    const basis = 'The list price of the dearest model known, for want of any photo described so far.';
    return { estimated_cost_microusd: images * typicalCostMicroDollars(), basis };
  }
  return {
    estimated_cost_microusd: Math.ceil((images * cost_microusd) / described),
    basis: `What the ${described} photos described so far have cost on average, re-runs included.`,
  };
}

/** Whether a photo is one of those a request means, as its record is now. */
export function isMeant(record: ImageRecord, { status = 'done', model, prompt_version }: RerunRequest): boolean {
  const ended = status === 'degraded' ? isDegraded(record) : record.status === status;
  const source = record.described_by;
  return (
    ended &&
    record.trashed_at === undefined &&
    (model === undefined || source?.model === model) &&
    (prompt_version === undefined || source?.prompt_version === prompt_version)
  );
}
