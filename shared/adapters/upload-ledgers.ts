import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { emptyLedger, type UnderWay, type UploadLedger } from '../domain/quota.ts';
import { uuidAt } from './ids.ts';
import { changeItem, holds } from './table.ts';

/** The `UPLOADS` item: what a person has announced lately. Written under a version, so that of requests side by side each sees the others. */
export function createUploadLedgers(table: DynamoDBDocumentClient, tableName: string) {
  const key = (userId: string) => ({ user_id: userId, sk: 'UPLOADS' });

  return {
    async get(userId: string): Promise<UploadLedger> {
      const answer = await table.send(new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: true }));
      return (answer.Item as UploadLedger | undefined) ?? emptyLedger();
    },

    /** Writes the version after the one that was read; `false` where another has been written meanwhile. */
    async put(userId: string, { version, announced, announcing }: UploadLedger): Promise<boolean> {
      const written = await changeItem(table, tableName, key(userId), {
        set: { version, announced, announcing },
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

    /** What tells of each photo announced since a moment whether it is on its way. As many as were announced since then are read. */
    async since(userId: string, moment: Date): Promise<UnderWay[]> {
      const records: UnderWay[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND sk BETWEEN :from AND :to',
            // Ids begin with the time.
            ExpressionAttributeValues: {
              ':user': userId,
              ':from': `IMAGE#${uuidAt(moment, new Uint8Array(16))}`,
              ':to': 'IMAGE#g',
            },
            ExpressionAttributeNames: { '#status': 'status' },
            ProjectionExpression: '#status, generation, expected, deleted_at',
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        records.push(...((answer.Items ?? []) as unknown as UnderWay[]));
        start = answer.LastEvaluatedKey;
      } while (start);
      return records;
    },
  };
}
export type UploadLedgers = ReturnType<typeof createUploadLedgers>;
