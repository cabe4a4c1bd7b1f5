import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterRequest, JobView } from '../contract/schemas.ts';
import type { Reason } from '../domain/image.ts';
import type { Clock, NewId } from './ids.ts';
import { changeItem, holds, pendingShard, staleItems } from './table.ts';

export interface Job extends JobView {
  user_id: string;
  request: ClusterRequest;
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

  function change(userId: string, jobId: string, set: Partial<Job> & { since?: string }, remove: string[] = []) {
    return changeItem(
      table,
      tableName,
      { user_id: userId, sk: sk(jobId) },
      { set: { ...set, updated_at: now() }, remove, condition: UNFINISHED },
    ) as Promise<Job | null>;
  }

  return {
    /** A new job, `queued`; its message is the caller's to send. */
    async create(userId: string, request: ClusterRequest, newId: NewId): Promise<Job> {
      const at = now();
      const job: Job = {
        user_id: userId,
        job_id: newId(),
        type: 'recluster',
        request,
        status: 'queued',
        progress: 0,
        result: null,
        error: null,
        created_at: at,
        updated_at: at,
      };
      const Item = { ...job, sk: sk(job.job_id), shard: pendingShard(job.job_id), since: at };
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

    /** Says how far it has come (0–1); `null` where it has ended. */
    advance: (userId: string, jobId: string, progress: number) =>
      change(userId, jobId, { status: 'running', progress, since: now() }),

    finish: (userId: string, jobId: string, result: Record<string, unknown>) =>
      change(userId, jobId, { status: 'done', progress: 1, result }, ['shard', 'since']),

    fail: (userId: string, jobId: string, error: Reason) =>
      change(userId, jobId, { status: 'failed', error }, ['shard', 'since']),

    /** Unfinished jobs that have shown no sign of life since `before`. */
    async stale(before: Date, limit: number): Promise<Job[]> {
      return (await staleItems(table, tableName, { prefix: 'JOB#', before, limit })) as unknown as Job[];
    },
  };
}
export type Jobs = ReturnType<typeof createJobs>;
