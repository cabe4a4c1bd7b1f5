import { foundBeside } from '../domain/edits.ts';
import {
  allStagesEnded,
  type EndedStageState,
  hasEnded,
  type ImageRecord,
  type Reason,
  type Stage,
  type StageName,
} from '../domain/image.ts';
import { receiptOf } from '../domain/rerun.ts';
import { unlisted } from '../domain/trash.ts';
import { ALIVE, and, editedAsIn, ofGeneration, stageUnderWay, statusIn } from './image-conditions.ts';
import type { ImageKey, ImageRecords } from './image-records.ts';

/** How a stage ended, as its function knows it; times and attempts are filled in here. */
export interface StageOutcome {
  state: EndedStageState;
  error?: Reason;
  tokens?: number;
  cost_microusd?: number;
}

/** Runs of the stages: begun, told to wait, ended; the last end is that of the photo. */
export function createImageStages({ clock, observer, now, get, change, end }: ImageRecords) {
  /** `done` once every stage has ended. Answers the record as it is then. */
  async function finishIfEnded(key: ImageKey, record: ImageRecord): Promise<ImageRecord> {
    if (record.status !== 'processing' || !allStagesEnded(record.stages)) return record;
    const started = record.processing_started_at ?? record.created_at;
    const set = { processing_ms: Math.max(0, clock().getTime() - Date.parse(started)) };
    return (await end(key, 'done', set, statusIn('processing'))) ?? record;
  }

  return {
    /** Counts a run of `describe`, `faces` or `organize`. `null` where the photo is gone or the stage has ended. */
    beginStage(key: ImageKey, name: StageName, record: ImageRecord): Promise<ImageRecord | null> {
      const started = now();
      const stage: Stage = { ...record.stages[name], state: 'running', started_at: started };
      stage.attempts += 1;
      return change(key, {
        set: { [`stages.${name}`]: stage, since: started },
        condition: and(ALIVE, stageUnderWay(name), ofGeneration(record)),
      });
    },

    /**
     * Says that a begun run was told to wait, and when the next sign of life is due. The run is taken back, unless it `counts`.
     */
    postponeStage(
      key: ImageKey,
      name: StageName,
      record: ImageRecord,
      until: Date,
      { counts = false } = {},
    ): Promise<ImageRecord | null> {
      const attempts = Math.max(0, record.stages[name].attempts - (counts ? 0 : 1));
      return change(key, {
        set: { [`stages.${name}.state`]: 'pending', [`stages.${name}.attempts`]: attempts, since: until.toISOString() },
        condition: and(ALIVE, stageUnderWay(name), ofGeneration(record)),
      });
    },

    /**
     * Ends a stage, once: the first end wins. Sets `fields` with it, but for those a person has locked, and the photo to `done` where it
     * was the last. Answers the record as it is then, or `null` where the photo is gone, or not the one that was `begun` any more.
     */
    async endStage(
      key: ImageKey,
      name: StageName,
      outcome: StageOutcome,
      fields: Partial<ImageRecord> = {},
      begun?: Pick<ImageRecord, 'generation'>,
    ): Promise<ImageRecord | null> {
      for (;;) {
        const before = await get(key);
        if (!before || before.deleted_at || (begun && begun.generation !== before.generation)) return null;
        if (hasEnded(before.stages[name].state)) return finishIfEnded(key, before);
        const { attempts, started_at } = before.stages[name];
        const finished = now();
        const stage: Stage = {
          ...receiptOf(before.stages[name]),
          ...outcome,
          attempts,
          ...(started_at && { started_at, ms: Math.max(0, Date.parse(finished) - Date.parse(started_at)) }),
          finished_at: finished,
        };
        const { set, remove } = unlisted(before, foundBeside(before, fields));
        const after = await change(key, {
          set: { ...set, [`stages.${name}`]: stage, since: finished },
          remove,
          condition: and(ALIVE, stageUnderWay(name), ofGeneration(before), editedAsIn(before)),
        });
        // Otherwise it has been ended, erased or edited meanwhile.
        if (!after) continue;
        observer.stageEnded(name, stage);
        return finishIfEnded(key, after);
      }
    },

    finishIfEnded,

    /** Our fault, after all retries. `fields` may name where the bytes are kept. */
    fail(key: ImageKey, stage: StageName, reason: Reason, fields: Partial<ImageRecord> = {}) {
      const set = { ...fields, error: reason, [`stages.${stage}.state`]: 'failed', [`stages.${stage}.error`]: reason };
      const open = statusIn('awaiting_upload', 'queued', 'processing', 'expired');
      return end(key, 'failed', set, and(open, stageUnderWay(stage)));
    },
  };
}
