import type { RecordChange } from './edits.ts';
import { freshStages, type ImageRecord, type Reason, STAGES, type Stage, type StageName } from './image.ts';

/** Running stages of a photo again. */

export const IN_TRASH: Reason = {
  code: 'in_trash',
  message: 'This image is in the trash, where it cannot be changed. Restore it first.',
};

/** Why a photo cannot be run again now; `null` where it can. */
export function rerunRefusal({
  status,
  original,
  trashed_at,
}: Pick<ImageRecord, 'status' | 'original' | 'trashed_at'>): Reason | null {
  if (trashed_at !== undefined) return IN_TRASH;
  switch (status) {
    case 'awaiting_upload':
      return { code: 'no_bytes', message: 'The bytes of this image have not arrived yet.' };
    case 'queued':
    case 'processing':
      return { code: 'under_way', message: 'This image is still being processed. Wait until it has ended.' };
    case 'rejected':
    case 'duplicate':
    case 'expired':
      return { code: 'no_bytes', message: `This image is ${status}: no bytes of it are kept. Upload it anew.` };
    case 'failed':
    case 'done':
      return original ? null : { code: 'no_bytes', message: 'No bytes of this image are kept. Upload it anew.' };
  }
}

/** The stages that run where these were asked for: `organize` always; all, where the photo never came through. */
export function stagesToRun({ status }: Pick<ImageRecord, 'status'>, asked: readonly StageName[]): StageName[] {
  return status === 'failed' ? [...STAGES] : STAGES.filter((name) => name === 'organize' || asked.includes(name));
}

/**
 * Puts stages back to their beginning, as the next generation of the photo, which begins at `at`. What it says stays until it is
 * replaced, and the receipt adds up.
 */
export function rerunOf(record: ImageRecord, asked: readonly StageName[], at: string): RecordChange {
  const stages = { ...record.stages };
  for (const name of stagesToRun(record, asked)) stages[name] = { ...freshStages()[name], ...receiptOf(stages[name]) };
  const { generation } = record;
  return {
    set: { stages, status: 'processing', generation: generation + 1, processing_started_at: at },
    remove: ['error'],
  };
}

/** What was spent on a stage: kept whatever becomes of it. */
export function receiptOf({ tokens, cost_microusd }: Stage): Pick<Stage, 'tokens' | 'cost_microusd'> {
  return { ...(tokens !== undefined && { tokens }), ...(cost_microusd !== undefined && { cost_microusd }) };
}
