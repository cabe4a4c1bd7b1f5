import { type ImageRecord, type ImageStatus, isDegraded, isTerminal, STAGES, type StageName } from './image.ts';
import { documentLength } from './search/postings.ts';
import { changeCount, changeTiming, meanOf, noTiming, p95, type Timing } from './timing.ts';

/** What one photo that has ended adds to its owner's counters. */
export interface Contribution {
  status: ImageStatus;
  /** Of the original; 0 where none is kept. */
  bytes: number;
  degraded: boolean;
  favorite: boolean;
  archived: boolean;
  /** Milliseconds of each stage that has worked on it. */
  stages: Partial<Record<StageName, number>>;
  /** Milliseconds from the first look at the bytes to the end. */
  total?: number;
  tokens: number;
  cost_microusd: number;
  /** Who described it, as `model/prompt_version`. */
  model?: string;
  /** Length of its document in weighted words: 0 where it cannot be found by words. */
  words: number;
}

/** A user's counters: the sum of the contributions of all photos that have ended. */
export interface Summary {
  images: number;
  bytes: number;
  by_status: Partial<Record<ImageStatus, number>>;
  degraded: number;
  favorites: number;
  archived: number;
  stages: Record<StageName, Timing>;
  total: Timing;
  tokens: number;
  cost_microusd: number;
  /** Photos by `model/prompt_version`. */
  models: Partial<Record<string, number>>;
  /** How many photos have words, and how many weighted words they have together: N and, divided, the average length of BM25. */
  documents: number;
  words: number;
}

export function emptySummary(): Summary {
  return {
    images: 0,
    bytes: 0,
    by_status: {},
    degraded: 0,
    favorites: 0,
    archived: 0,
    stages: { ingest: noTiming(), describe: noTiming(), faces: noTiming(), organize: noTiming() },
    total: noTiming(),
    tokens: 0,
    cost_microusd: 0,
    models: {},
    documents: 0,
    words: 0,
  };
}

/** What a photo counts for; `null` where it does not, being deleted or still under way. */
export function contributionOf(record: ImageRecord): Contribution | null {
  if (record.deleted_at !== undefined || !isTerminal(record.status)) return null;
  const { stages, described_by, processing_ms, original } = record;
  const sum = (field: 'tokens' | 'cost_microusd') => STAGES.reduce((all, name) => all + (stages[name][field] ?? 0), 0);
  return {
    status: record.status,
    bytes: original?.bytes ?? 0,
    degraded: isDegraded(record),
    favorite: record.favorite ?? false,
    archived: record.archived ?? false,
    stages: Object.fromEntries(
      STAGES.flatMap((name) => {
        const { ms } = stages[name];
        return ms === undefined ? [] : [[name, ms]];
      }),
    ),
    ...(processing_ms !== undefined && { total: processing_ms }),
    tokens: sum('tokens'),
    cost_microusd: sum('cost_microusd'),
    ...(described_by && { model: `${described_by.model}/${described_by.prompt_version}` }),
    words: documentLength(record),
  };
}

/** The counters with one photo more (`sign` 1), or without one that was counted (−1). */
export function changeSummary(before: Summary, photo: Contribution, sign: 1 | -1): Summary {
  const flag = (set: boolean) => (set ? sign : 0);
  const stages = { ...before.stages };
  for (const name of STAGES) {
    const ms = photo.stages[name];
    if (ms !== undefined) stages[name] = changeTiming(stages[name], ms, sign);
  }
  return {
    images: before.images + sign,
    bytes: before.bytes + sign * photo.bytes,
    by_status: changeCount(before.by_status, photo.status, sign),
    degraded: before.degraded + flag(photo.degraded),
    favorites: before.favorites + flag(photo.favorite),
    archived: before.archived + flag(photo.archived),
    stages,
    total: photo.total === undefined ? before.total : changeTiming(before.total, photo.total, sign),
    tokens: before.tokens + sign * photo.tokens,
    cost_microusd: before.cost_microusd + sign * photo.cost_microusd,
    models: photo.model === undefined ? before.models : changeCount(before.models, photo.model, sign),
    documents: before.documents + flag(photo.words > 0),
    words: before.words + sign * photo.words,
  };
}

/** The counters as `GET /stats` answers them (schema `Stats`); zeroes where nothing was counted yet. */
export function statsView(stored: (Summary & { updated_at: string }) | null) {
  const summary = stored ?? emptySummary();
  const { images, bytes, by_status, degraded, favorites, archived, stages, total, tokens, cost_microusd } = summary;
  const view = (timing: Timing) => ({ count: timing.count, mean_ms: meanOf(timing), p95_ms: p95(timing) });
  return {
    images,
    bytes,
    by_status,
    degraded,
    favorites,
    archived,
    stages: {
      ingest: view(stages.ingest),
      describe: view(stages.describe),
      faces: view(stages.faces),
      organize: view(stages.organize),
    },
    total: view(total),
    tokens,
    cost_microusd,
    models: Object.entries(summary.models)
      .map(([name, count = 0]) => ({ ...modelNamed(name), images: count }))
      .sort((one, other) => other.images - one.images || (one.model < other.model ? -1 : 1)),
    updated_at: stored?.updated_at ?? null,
  };
}

/** Versions of prompts contain no slash; names of models may. */
function modelNamed(name: string): { model: string; prompt_version: string } {
  const slash = name.lastIndexOf('/');
  return { model: name.slice(0, slash), prompt_version: name.slice(slash + 1) };
}
