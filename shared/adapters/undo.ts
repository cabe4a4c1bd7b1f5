import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Space } from '../domain/regroup-plan.ts';
import { changeItem, holds } from './table.ts';

/** The last merge or move by hand in a space: the one that can be undone. */
export interface UndoPoint {
  kind: 'merge' | 'move';
  job_id: string;
  plan_key: string;
  /** When its first part was applied. */
  at: string;
  /** The job that takes it back, once that has begun. */
  undone_by?: string;
}

/** `UNDO#` items, one a space. `organize` alone writes them. */
export function createUndo(table: DynamoDBDocumentClient, tableName: string) {
  const keyOf = (userId: string, space: Space) => ({ user_id: userId, sk: `UNDO#${space}` });

  return {
    async get(userId: string, space: Space): Promise<UndoPoint | null> {
      const Key = keyOf(userId, space);
      const answer = await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return (answer.Item as UndoPoint | undefined) ?? null;
    },

    /** Notes the latest; the one before can no longer be undone. */
    async put(userId: string, space: Space, point: UndoPoint): Promise<void> {
      await table.send(new PutCommand({ TableName: tableName, Item: { ...keyOf(userId, space), ...point } }));
    },

    /** Begins to undo `jobId` as the job `by`, or goes on; `false` where that is not, or no longer, the latest. */
    async take(userId: string, space: Space, jobId: string, by: string): Promise<boolean> {
      const taken = await changeItem(table, tableName, keyOf(userId, space), {
        set: { undone_by: by },
        condition: {
          expression: 'job_id = :job AND (attribute_not_exists(undone_by) OR undone_by = :by)',
          values: { ':job': jobId, ':by': by },
        },
      });
      return taken !== null;
    },

    /** Forgets the latest: nothing can be undone. */
    async forget(userId: string, space: Space): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: keyOf(userId, space) }));
    },

    /** Forgets what the job `by` has undone. */
    async clear(userId: string, space: Space, by: string): Promise<void> {
      const condition = { ConditionExpression: 'undone_by = :by', ExpressionAttributeValues: { ':by': by } };
      await holds(table.send(new DeleteCommand({ TableName: tableName, Key: keyOf(userId, space), ...condition })));
    },
  };
}
export type Undo = ReturnType<typeof createUndo>;
