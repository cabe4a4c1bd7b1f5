import type { RecordChange } from './edits.ts';
import { type ImageRecord, isTerminal, type Reason } from './image.ts';
import { rerunOf } from './rerun.ts';

/** Photos in the trash: hidden from everything but it, and kept until they are due. */

const DAY_MS = 24 * 3600 * 1000;

export const NOTHING_TO_KEEP: Reason = {
  code: 'no_bytes',
  message: 'No bytes of this image are kept, so there would be nothing to restore.',
};

/** Whether anything could be restored of a photo: its bytes are kept, or still on their way through the first stage. */
export function isWorthKeeping({ status, original }: Pick<ImageRecord, 'status' | 'original'>): boolean {
  switch (status) {
    case 'queued':
    case 'processing':
    case 'done':
      return true;
    case 'failed':
      return original !== undefined;
    case 'awaiting_upload':
    case 'expired':
    case 'rejected':
    case 'duplicate':
      return false;
  }
}

/** What moving a photo to the trash for `days` changes about its record. `null` where it lies there already. */
export function trashOf(record: ImageRecord, at: string, days: number): RecordChange | null {
  if (record.trashed_at !== undefined) return null;
  const purge_at = new Date(Date.parse(at) + days * DAY_MS).toISOString();
  // Off the timeline's index with it.
  return { set: { trashed_at: at, purge_at, edit_revision: nextRevision(record) }, remove: ['taken_key'] };
}

/**
 * What taking a photo out of the trash changes about its record. One that is done goes through `organize` once more, which puts it
 * back wherever it was taken out of. `null` where it is not in the trash.
 */
export function restoreOf(record: ImageRecord, at: string): RecordChange | null {
  if (record.trashed_at === undefined) return null;
  const { image_id, taken_at, status } = record;
  const change = status === 'done' ? rerunOf(record, ['organize'], at) : { set: {}, remove: [] };
  return {
    set: {
      ...change.set,
      edit_revision: nextRevision(record),
      ...(taken_at !== undefined && { taken_key: `${taken_at}#${image_id}` }),
    },
    remove: [...change.remove, 'trashed_at', 'purge_at'],
  };
}

/** What is written about a photo while it lies in the trash: it stays off the timeline's index. */
export function unlisted(record: Pick<ImageRecord, 'trashed_at'>, { set, remove }: RecordChange): RecordChange {
  if (record.trashed_at === undefined) return { set, remove };
  const { taken_key, ...rest } = set;
  return { set: rest, remove };
}

/** When a photo in the trash is to be erased: at once where, after all, no bytes of it were kept. `null` outside of it. */
export function purgeDue(record: ImageRecord): string | null {
  const { status, trashed_at, purge_at } = record;
  if (trashed_at === undefined || !isTerminal(status)) return null;
  return isWorthKeeping(record) ? (purge_at ?? trashed_at) : trashed_at;
}

const nextRevision = ({ edit_revision = 0 }: ImageRecord) => edit_revision + 1;
