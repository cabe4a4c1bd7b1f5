import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { emptyLedger, type UnderWay, type UploadLedger } from '../domain/upload-ledger.ts';
import { uuidAt } from './ids.ts';
import { changeItem, holds } from './table.ts';

/** The `UPLOADS` item: what a person has announced, until it has ended. Written under a version, so that of requests side by side each sees the others. */
export function createUploadLedgers(table: DynamoDBDocumentClient, tableName: string) {
  const key = (userId: string) => ({ user_id: userId, sk: 'UPLOADS' });

  return {
    async get(userId: string): Promise<UploadLedger> {
      const answer = await table.send(new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: true }));
      return (answer.Item as UploadLedger | undefined) ?? emptyLedger();
    },

    /** Writes the version after the one that was read; `false` where another has been written meanwhile. */
    async put(userId: string, { version, announced, announcing, looked_at }: UploadLedger): Promise<boolean> {
      const written = await changeItem(table, tableName, key(userId), {
        set: { version, announced, announcing, looked_at },
        condition: {
          expression: version === 1 ? 'attribute_not_exists(sk)' : '#version = :before',
          ...(version > 1 && { names: { '#version': 'version' }, values: { ':before': version - 1 } }),
        },
      });
      return written !== null;
    },

    /** The records of a request are there. */
    async announced(userId: string, requestId: string): Promise<void> {
      await holds(
        table.send(
          new UpdateCommand({
            TableName: tableName,
            Key: key(userId),
            UpdateExpression: 'REMOVE announcing.#request SET #version = #version + :one',
            ConditionExpression: 'attribute_exists(announcing.#request)',
            ExpressionAttributeNames: { '#request': requestId, '#version': 'version' },
            ExpressionAttributeValues: { ':one': 1 },
          }),
        ),
      );
    },

    /** What tells of each photo whose id was made between two moments, the second excluded, whether it is on its way, in that order. */
    async *between(userId: string, from: Date, to: Date): AsyncGenerator<UnderWay & { image_id: string }> {
      const key = (moment: number, rest: number) => `IMAGE#${uuidAt(new Date(moment), new Uint8Array(16).fill(rest))}`;
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND sk BETWEEN :from AND :to',
            // Ids begin with the time.
            ExpressionAttributeValues: {
              ':user': userId,
              ':from': key(from.getTime(), 0),
              ':to': key(to.getTime() - 1, 255),
            },
            ExpressionAttributeNames: { '#status': 'status', '#shard': 'shard' },
            ProjectionExpression: 'image_id, #status, generation, expected, deleted_at, #shard',
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        yield* (answer.Items ?? []) as unknown as (UnderWay & { image_id: string })[];
        start = answer.LastEvaluatedKey;
      } while (start);
    },
  };
}
export type UploadLedgers = ReturnType<typeof createUploadLedgers>;
