import type { ImageRecord } from './image.ts';

/** What the feed tells of. */
export const ACTIVITY_TYPES = [
  'added',
  'failed',
  'rejected',
  'trashed',
  'restored',
  'erased',
  'reclustered',
  'merged',
  'moved',
  'undone',
] as const;
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

/** What an activity is about, besides a photo: a job, an album, a person … */
export interface ActivitySubject {
  kind: string;
  id: string;
  /** As it was called then. Never a photo's own words: an activity outlives the photo. */
  name?: string;
}

/** One entry of a user's feed. Of a photo it holds the id, so that nothing more of it survives its erasure. */
export interface Activity {
  type: ActivityType;
  /** ISO 8601, UTC. */
  at: string;
  image_id?: string;
  subject?: ActivitySubject;
}

/** What a photo's owner was last told of it; `null`: nothing. */
export type ToldState = 'shown' | 'trashed' | 'failed' | 'rejected' | null;

export function toldStateOf({ status, trashed_at }: Pick<ImageRecord, 'status' | 'trashed_at'>): ToldState {
  if (trashed_at !== undefined) return 'trashed';
  if (status === 'failed' || status === 'rejected') return status;
  return status === 'done' ? 'shown' : null;
}

/** What there is to tell of a photo that was in one state and is in another, `gone`: erased. `null`: nothing. */
export function transition(before: ToldState, after: ToldState | 'gone'): ActivityType | null {
  if (before === after) return null;
  if (after === 'gone') return before === null ? null : 'erased';
  if (before === 'trashed') return 'restored';
  return after === 'shown' ? 'added' : after;
}
