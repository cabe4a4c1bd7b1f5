import type { ImageRecord, Reason, Stage } from '../domain/image.ts';
import { ALIVE, and, stageUnderWay, statusIn } from './image-conditions.ts';
import type { ImageKey, ImageRecords } from './image-records.ts';
import { pendingShard } from './table.ts';

/** What `ingest` says of a photo's bytes. That they are accepted ends its stage as any other ends: see image-stages.ts. */
export function createImageIngest({ now, change, end }: ImageRecords) {
  /** When ingest ended, and how long the run took that `begun` tells of. */
  function ingestTook(begun: ImageRecord | undefined): Record<string, string | number> {
    const finished = now();
    const started = begun?.stages.ingest.started_at;
    const ms = started && { 'stages.ingest.ms': Math.max(0, Date.parse(finished) - Date.parse(started)) };
    return { 'stages.ingest.finished_at': finished, ...ms };
  }

  return {
    /**
     * Begins (or begins again) reading the bytes. `null` where the record is gone, or where its bytes have been accepted,
     * rejected or found to be a duplicate already.
     */
    async beginIngest(key: ImageKey, record: ImageRecord): Promise<ImageRecord | null> {
      const started = now();
      const stage: Stage = { state: 'running', attempts: record.stages.ingest.attempts + 1, started_at: started };
      return change(key, {
        set: {
          status: 'processing',
          'stages.ingest': stage,
          processing_started_at: record.processing_started_at ?? started,
          shard: pendingShard('image', key.imageId),
          since: started,
        },
        remove: ['error'],
        condition: and(ALIVE, statusIn('awaiting_upload', 'queued', 'processing', 'expired', 'failed'), {
          expression: 'NOT #stages.#ingest.#state = :done',
          values: { ':done': 'done' },
          names: { '#stages': 'stages', '#ingest': 'ingest', '#state': 'state' },
        }),
      });
    },

    /** Says whose bytes these are before they are claimed, so that erasing a half-read photo frees them. `null`: it is gone. */
    noteChecksum(key: ImageKey, sha256: string): Promise<ImageRecord | null> {
      return change(key, { set: { sha256 }, condition: and(ALIVE, stageUnderWay('ingest')) });
    },

    /** The bytes are not a picture we accept. */
    reject(
      key: ImageKey,
      reason: Reason,
      facts: Partial<ImageRecord> = {},
      begun?: ImageRecord,
    ): Promise<ImageRecord | null> {
      const stage = { 'stages.ingest.state': 'failed', 'stages.ingest.error': reason, ...ingestTook(begun) };
      return end(key, 'rejected', { ...facts, ...stage, error: reason }, stageUnderWay('ingest'));
    },

    /** The owner already has these very bytes, accepted, as `original`. */
    markDuplicate(
      key: ImageKey,
      original: string,
      facts: Partial<ImageRecord>,
      begun?: ImageRecord,
    ): Promise<ImageRecord | null> {
      const error = { code: 'duplicate', message: `These very bytes are already stored as image ${original}.` };
      const stage = { 'stages.ingest.state': 'done', ...ingestTook(begun) };
      return end(key, 'duplicate', { ...facts, ...stage, duplicate_of: original, error }, stageUnderWay('ingest'));
    },
  };
}
