import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterRequest, JobView } from '../contract/schemas.ts';
import type { AlbumSettings } from '../domain/albums/album.ts';
import type { DownloadProgress, DownloadRequest } from '../domain/download.ts';
import type { Reason } from '../domain/image.ts';
import type { MergeRequest, MoveRequest, UndoRequest } from '../domain/regroup-request.ts';
import type { RerunPlan } from '../domain/rerun-plan.ts';
import type { Clock, NewId } from './ids.ts';
import { changeItem, holds, pendingShard, staleItems } from './table.ts';

/** What a job is to do. */
type Work =
  | { type: 'recluster'; request: ClusterRequest; checkpoint?: undefined }
  | { type: 'reprocess'; request: RerunPlan; checkpoint?: Checkpoint }
  | { type: 'merge'; request: MergeRequest; checkpoint?: undefined }
  | { type: 'move'; request: MoveRequest; checkpoint?: undefined }
  | { type: 'undo'; request: UndoRequest; checkpoint?: undefined }
  | { type: 'group_people'; request: Record<string, never>; checkpoint?: undefined }
  | { type: 'erase_faces'; request: Record<string, never>; checkpoint?: undefined }
  | { type: 'download'; request: DownloadRequest; checkpoint?: DownloadProgress }
  | { type: 'empty_trash'; request: { trashed_until: string }; checkpoint?: Checkpoint }
  /** Makes the automatic albums of what is there. */
  | { type: 'auto_albums'; request: AlbumSettings; checkpoint?: undefined }
  /** Writes the members of an album that became manual onto their records, or has them forget one that is gone. */
  | { type: 'keep_album'; request: { album_id: string }; checkpoint?: Checkpoint }
  | { type: 'clear_album'; request: { album_id: string }; checkpoint?: Checkpoint };
export type Job<T extends JobView['type'] = JobView['type']> = Omit<JobView, 'type'> & { user_id: string } & Extract<
    Work,
    { type: T }
  > & {
    /** How many parts of its plan organize has applied. */
    applied?: number;
  };

/** How far a run has come that goes through photos one by one. */
export interface Checkpoint {
  /** Which of the plan's lists is being read, and below which photo. */
  list: number;
  before: string;
  sent: number;
  skipped: number;
  /** Runs that ended without having failed: the rest was left to the next one. */
  runs: number;
}

/** Long work: asked for by the API, done by `jobs`, committed by `organize`. */
export function createJobs(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const sk = (jobId: string) => `JOB#${jobId}`;
  const now = () => clock().toISOString();
  const UNFINISHED = {
    expression: '#status IN (:queued, :running)',
    names: { '#status': 'status' },
    values: { ':queued': 'queued', ':running': 'running' },
  };

  function change(
    userId: string,
    jobId: string,
    set: Partial<Omit<Job, 'type' | 'request'>> & { since?: string },
    remove: string[] = [],
  ) {
    return changeItem(
      table,
      tableName,
      { user_id: userId, sk: sk(jobId) },
      { set: { ...set, updated_at: now() }, remove, condition: UNFINISHED },
    ) as Promise<Job | null>;
  }

  return {
    /** A new job, `queued`; its message is the caller's to send. `result`: what is known of its outcome before it begins. */
    async create(
      userId: string,
      work: Work,
      newId: NewId,
      result: Record<string, unknown> | null = null,
    ): Promise<Job> {
      const at = now();
      const job: Job = {
        user_id: userId,
        job_id: newId(),
        ...work,
        status: 'queued',
        progress: 0,
        result,
        error: null,
        created_at: at,
        updated_at: at,
      };
      const Item = { ...job, sk: sk(job.job_id), shard: pendingShard('job', job.job_id), since: at };
      const created = await holds(
        table.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(sk)' })),
      );
      if (!created) throw new Error(`Job id ${job.job_id} is taken; expected a new one`);
      return job;
    },

    async get(userId: string, jobId: string): Promise<Job | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: { user_id: userId, sk: sk(jobId) }, ConsistentRead: true }),
      );
      return (answer.Item as Job | undefined) ?? null;
    },

    /** Says how far it has come (0–1), and where a run that dies is to be taken up; `null` where it has ended. */
    advance: (userId: string, jobId: string, progress: number, checkpoint?: Job['checkpoint']) =>
      change(userId, jobId, { status: 'running', progress, since: now(), ...(checkpoint && { checkpoint }) }),

    /** Lets sweep look at it again once there has been no sign of life since `until`; `null` where it has ended. */
    rest: (userId: string, jobId: string, until: Date) =>
      change(userId, jobId, { status: 'running', since: until.toISOString() }),

    /** Says that organize has applied so many of its plan's parts. */
    partsApplied: (userId: string, jobId: string, applied: number, parts: number) =>
      change(userId, jobId, { status: 'running', progress: 0.5 + (0.5 * applied) / parts, since: now(), applied }),

    finish: (userId: string, jobId: string, result: Record<string, unknown>) =>
      change(userId, jobId, { status: 'done', progress: 1, result }, ['shard', 'since']),

    fail: (userId: string, jobId: string, error: Reason) =>
      change(userId, jobId, { status: 'failed', error }, ['shard', 'since']),

    /** Unfinished jobs that have shown no sign of life since `before`. */
    stale: (before: Date) =>
      staleItems(table, tableName, { kind: 'job', before }) as AsyncGenerator<unknown> as AsyncGenerator<Job>,
  };
}
export type Jobs = ReturnType<typeof createJobs>;
