/**
 * The image record and its life.
 *
 * ```
 * awaiting_upload ─► queued ─► processing ─► done | failed | rejected | duplicate
 *        └────────► expired (revived by bytes that arrive after all)
 * ```
 */

export const IMAGE_STATUSES = [
  'awaiting_upload',
  'queued',
  'processing',
  'done',
  'failed',
  'rejected',
  'duplicate',
  'expired',
] as const;
export type ImageStatus = (typeof IMAGE_STATUSES)[number];

/** The stages every accepted photo passes, in the order in which they start. */
export const STAGES = ['ingest', 'describe', 'organize'] as const;
export type StageName = (typeof STAGES)[number];

/** `pending` and `running` are under way; all others have ended. */
export const STAGE_STATES = ['pending', 'running', 'done', 'skipped', 'refused', 'waiting', 'failed'] as const;
export type StageState = (typeof STAGE_STATES)[number];
export type EndedStageState = Exclude<StageState, 'pending' | 'running'>;

/** A reason a person understands, and a code a program can switch on. */
export interface Reason {
  code: string;
  message: string;
}

/** What one stage did to one photo: progress and receipt in one. */
export interface Stage {
  state: StageState;
  /** Runs that began, including those that died. Throttled runs are not counted. */
  attempts: number;
  started_at?: string;
  finished_at?: string;
  /** Milliseconds the run that ended the stage took. */
  ms?: number;
  /** Model tokens, prompt and completion together. */
  tokens?: number;
  /** Estimated cost in millionths of a US dollar. */
  cost_microusd?: number;
  error?: Reason;
}

/** One stored form of the picture; URLs are rendered from it when it is read. */
export interface Rendition {
  key: string;
  content_type: string;
  bytes: number;
  width: number;
  height: number;
}

/** Where a field written by a model comes from. */
export interface ModelSource {
  model: string;
  prompt_version: string;
  at: string;
}

/** Which cluster a photo is in, and why. */
export interface ClusterAssignment {
  cluster_id: string | null;
  /** Cosine similarity to the chosen (or, where unassigned, the best) cluster's centroid. */
  similarity: number | null;
  /** What the similarity had to reach. */
  threshold: number | null;
  runner_up: { cluster_id: string; similarity: number } | null;
  /** How far the best must lie above the runner-up. */
  margin: number | null;
  reason: string;
}

export interface ImageRecord {
  user_id: string;
  image_id: string;
  status: ImageStatus;
  /** Raised each time the photo is processed anew; part of every event id. */
  generation: number;
  stages: Record<StageName, Stage>;
  error?: Reason;
  duplicate_of?: string;

  /** The name the client gave, as given. */
  filename: string;
  display_name: string;
  title?: string;
  description?: string;
  tags?: string[];
  /** Writing seen in the picture. Data, never markup or instruction. */
  text?: string;
  described_by?: ModelSource;

  /** What the client announced. */
  expected: { content_type: string; bytes: number; sha256?: string };
  upload_expires_at: string;

  /** What was found. Absent until ingest has read the bytes. */
  content_type?: string;
  format?: string;
  bytes?: number;
  /** Lower-case hex. */
  sha256?: string;
  /** As seen, orientation applied. */
  width?: number;
  height?: number;
  original?: Rendition;
  thumbnails?: { small: Rendition; medium: Rendition };

  cluster?: ClusterAssignment;

  taken_at?: string;
  taken_at_source?: string;
  /** `taken_at#image_id`: the sort key of the `by_taken` index. */
  taken_key?: string;
  /** Set when the owner deleted it: invisible at once, erased by organize. */
  deleted_at?: string;
  created_at: string;
  updated_at: string;
  /** From the moment the bytes were first seen to the terminal status. */
  processing_ms?: number;
  processing_started_at?: string;
}

const TERMINAL: ReadonlySet<ImageStatus> = new Set(['done', 'failed', 'rejected', 'duplicate', 'expired']);

/** Runs of `describe` that began, throttled ones not counted, before the stage is given up. */
export const MOST_DESCRIBE_ATTEMPTS = 5;

/** Whether nothing more happens to a photo in this status by itself. */
export function isTerminal(status: ImageStatus): boolean {
  return TERMINAL.has(status);
}

/** Whether a stage will not change by itself any more. */
export function hasEnded(state: StageState): state is EndedStageState {
  return state !== 'pending' && state !== 'running';
}

/** Whether every stage has ended, so that the photo's status can become `done`. */
export function allStagesEnded(stages: Record<StageName, Stage>): boolean {
  return STAGES.every((name) => hasEnded(stages[name].state));
}

/** Whether a photo is less complete than it would be on a perfect day. */
export function isDegraded(record: Pick<ImageRecord, 'status' | 'stages'>): boolean {
  if (record.status !== 'done') return false;
  return STAGES.some((name) => !['done', 'skipped'].includes(record.stages[name].state));
}

/** Stages of a photo nothing has happened to yet. */
export function freshStages(): Record<StageName, Stage> {
  return {
    ingest: { state: 'pending', attempts: 0 },
    describe: { state: 'pending', attempts: 0 },
    organize: { state: 'pending', attempts: 0 },
  };
}
