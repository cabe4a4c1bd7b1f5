import * as z from 'zod';
import { IMAGE_STATUSES } from '../../domain/image.ts';
import { jobId, reason, timestamp } from './common.ts';

export const JOB_STATUSES = ['queued', 'running', 'done', 'failed'] as const;
export const job = z
  .object({
    job_id: jobId,
    type: z.enum([
      'recluster',
      'reprocess',
      'merge',
      'move',
      'undo',
      'group_people',
      'erase_faces',
      'download',
      'empty_trash',
      'auto_albums',
      'keep_album',
      'clear_album',
    ]),
    status: z.enum(JOB_STATUSES),
    progress: z.number().min(0).max(1),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: reason.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof job>;

export const health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    parts: z.record(z.string(), z.object({ status: z.enum(['ok', 'off', 'failing']), detail: z.string().optional() })),
    version: z.string(),
  })
  .meta({ id: 'Health' });

export const stageStatistics = z
  .object({
    count: z.int().describe('Photos this stage has worked on'),
    mean_ms: z.number().nullable(),
    p95_ms: z.number().nullable().describe('From a histogram: exact to about 10 %'),
  })
  .meta({ id: 'StageStatistics' });

const used = z.number();
const most = z.number().nullable().describe('null: no limit');
export const usage = z
  .object({
    images: z.object({ used, limit: most }).describe('What is kept, the trash included'),
    bytes: z.object({ used, limit: most }).describe('Of originals, those in the trash included'),
    upload_forms: z.object({ used, limit: most }).describe('Given out within their lifetime, used ones included'),
    ai: z
      .object({ month: z.string(), used_microusd: z.number(), limit_microusd: most, next_month_at: timestamp })
      .describe('Of this calendar month, UTC, in millionths of a US dollar at list prices'),
  })
  .meta({ id: 'Usage' });

export const stats = z
  .object({
    images: z.int(),
    bytes: z.int().describe('Of the originals'),
    by_status: z.partialRecord(z.enum(IMAGE_STATUSES), z.int()).describe('Statuses in which photos have ended'),
    degraded: z.int(),
    favorites: z.int(),
    archived: z.int(),
    stages: z.object({
      ingest: stageStatistics,
      describe: stageStatistics,
      faces: stageStatistics,
      organize: stageStatistics,
    }),
    total: stageStatistics.describe('From the first look at the bytes to the end'),
    tokens: z.int(),
    cost_microusd: z.number(),
    models: z.array(z.object({ model: z.string(), prompt_version: z.string(), images: z.int() })),
    trash: z.object({ images: z.int(), bytes: z.int() }).describe('What lies in the trash; it counts nowhere else'),
    usage,
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'Stats' });
