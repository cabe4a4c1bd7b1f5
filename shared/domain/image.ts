/**
 * The image record and its life.
 *
 * ```
 * awaiting_upload ─► queued ─► processing ─► done | failed | rejected | duplicate
 *        └────────► expired (revived by bytes that arrive after all)
 * ```
 */

import type { EditableField, MachineValues } from './edits.ts';

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
export const STAGES = ['ingest', 'describe', 'faces', 'organize'] as const;
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

/** The `reason` of a photo that a person put where it is: never moved by us. */
export const MOVED_BY_HAND = 'moved_by_hand';

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
  /** Of a photo in the trash (`reason` is `trashed`): what it was taken out of, and goes back to. */
  left?: LeftCluster;
  /** The step by which it is taken out, until that is done: a centroid that knows the step no longer contains it. */
  leaving?: string;
}

/** What a photo in the trash was taken out of; with the name a person had given that, should nothing else be left in it. */
export type LeftCluster = Omit<ClusterAssignment, 'left' | 'leaving'> & { name?: string };

/**
 * How far `taken_at` can be trusted: `offset_tag`, `gps_time` and `gps_zone` know the offset from UTC (from a tag, from the
 * satellites' clock, from the time zone at that position); `camera` is the camera's clock without one; `upload` is the time of the
 * upload in UTC, for want of anything better.
 */
export const TAKEN_AT_SOURCES = ['person', 'offset_tag', 'gps_time', 'gps_zone', 'camera', 'upload'] as const;
export type TakenAtSource = (typeof TAKEN_AT_SOURCES)[number];

/** What a file says about itself, typed: EXIF, and where that is silent XMP and IPTC. Absent is unknown. */
export interface Metadata {
  camera_make?: string;
  camera_model?: string;
  lens_model?: string;
  /** The camera's clock, `YYYY-MM-DDTHH:MM:SS`. */
  datetime_original?: string;
  iso?: number;
  /** Millimetres. */
  focal_length?: number;
  /** As photographers write it: `1/40`, `2.5`. */
  exposure_time?: string;
  exposure_seconds?: number;
  f_number?: number;
  /** Whether it fired. */
  flash?: boolean;
  /** 1–8, as stored. */
  orientation?: number;
  /** Degrees, south and west negative; metres above the sea. */
  gps?: { lat: number; lon: number; altitude?: number };
  title?: string;
  caption?: string;
  keywords?: string[];
  /** 0–5; −1 is rejected. */
  rating?: number;
}

/** Part of a picture, each 0–1 of its width or height as seen. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A face in a photo, and whose it is. */
export interface FaceAssignment {
  /** Its number in the photo, from 0: the name of its crop and of its descriptor. */
  n: number;
  box: Box;
  /** `null`: nobody known yet. */
  person_id: string | null;
  /** Cosine similarity to that person's centroid when it was decided. */
  similarity: number | null;
  /** A person said so: never changed by us. */
  by_person?: true;
}

/** Where a photo was taken. */
export interface Place {
  /** Nearest populated place. */
  city?: string;
  region?: string;
  country?: string;
  /** ISO 3166-1 alpha-2. */
  country_code?: string;
  /** From the photo to the middle of that place. */
  distance_km?: number;
}

/** One of a photo's main colours: what people see of its palette. */
export interface PaletteColor {
  /** `#rrggbb`, lower case. */
  hex: string;
  /** 0–1 of the picture. */
  share: number;
  name: string;
}

/** One region of OKLab that a noticeable part of a photo's pixels lies in: what searching by colour compares. */
export interface ColorBin {
  bin: string;
  /** Mean of the pixels in it. */
  l: number;
  a: number;
  b: number;
  /** 0–1 of the picture. */
  share: number;
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
  /** The generation whose words these are. A run of an older one changes them no more, a newer one buys anew. */
  described_in?: number;

  favorite?: boolean;
  archived?: boolean;
  /** Fields a person edited, and when: locked against every re-run. */
  edits?: Partial<Record<EditableField, string>>;
  /** What a model, or the file, says in the edited fields: shown again when the edit is taken back. */
  machine?: MachineValues;
  /** Raised by every edit; what a model or a re-run writes is conditional on it. */
  edit_revision?: number;

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
  /** More than one is an animation or a burst. */
  frames?: number;
  thumbnails?: { small: Rendition; medium: Rendition; preview?: Rendition };
  /** Where the full dump of the file's metadata lies. */
  raw_metadata?: { key: string; bytes: number };
  metadata?: Metadata;
  place?: Place;
  /** Five at most, largest share first. */
  colors?: PaletteColor[];
  color_bins?: ColorBin[];
  /** ThumbHash, base64. */
  placeholder?: string;
  /** 64-bit perceptual hash, 16 hex digits. */
  phash?: string;

  cluster?: ClusterAssignment;
  /** Faces found in it; absent until they were looked for. Written by organize. */
  faces?: FaceAssignment[];
  /** Albums its owner put it into, each with its position there. */
  albums?: Record<string, string>;

  /** Local wall time where it was taken, `YYYY-MM-DDTHH:MM:SS`. */
  taken_at?: string;
  /** From UTC, `+02:00`; absent where nothing tells it. */
  taken_at_offset?: string;
  taken_at_source?: TakenAtSource;
  /** `taken_at#image_id`: the sort key of the `by_taken` index. */
  taken_key?: string;
  /** Set while it lies in the trash: not shown, but kept. */
  trashed_at?: string;
  /** When it is to be erased, as it was promised when it came into the trash. */
  purge_at?: string;
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
/** Runs of `faces` that began before the stage is given up. */
export const MOST_FACES_ATTEMPTS = 5;

/** Whether nothing more happens to a photo in this status by itself. */
export function isTerminal(status: ImageStatus): boolean {
  return TERMINAL.has(status);
}

/** Whether a stage will not change by itself any more. */
export function hasEnded(state: StageState): state is EndedStageState {
  return state !== 'pending' && state !== 'running';
}

/** Whether a photo was done without its last stage, which failed again and again: what is derived from it may be there by halves. */
export function isGivenUp({ status, stages }: Pick<ImageRecord, 'status' | 'stages'>): boolean {
  return status === 'done' && stages.organize.state === 'failed';
}

/** Whether all that `organize` waits for has ended; describe and faces run beside each other. */
export function canBeOrganized(stages: Record<StageName, Stage>): boolean {
  return STAGES.every((name) => name === 'organize' || hasEnded(stages[name].state));
}

/** Whether every stage has ended, so that the photo's status can become `done`. */
export function allStagesEnded(stages: Record<StageName, Stage>): boolean {
  return STAGES.every((name) => hasEnded(stages[name].state));
}

/** Whether its owner finds it in the gallery: what is derived from photos is derived from these. */
export function isShown({ status, trashed_at, deleted_at }: Pick<ImageRecord, 'status' | 'trashed_at' | 'deleted_at'>) {
  return status === 'done' && trashed_at === undefined && deleted_at === undefined;
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
    faces: { state: 'pending', attempts: 0 },
    organize: { state: 'pending', attempts: 0 },
  };
}
