import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb';
import { writeItems } from './batch-write.ts';
import type { ItemKey } from './table.ts';

/** Everything in the table that lies below a user's id, whatever it is: for giving it to them, and for erasing it. */
export function createBelongings(table: DynamoDBDocumentClient, tableName: string) {
  return {
    /** Items of one kind (what stands before the first `#` of their sort keys) behind the sort key `after`, in their order. */
    async *below(userId: string, kind: string, after = ''): AsyncGenerator<Record<string, unknown>> {
      let start: Record<string, unknown> | undefined = after === '' ? undefined : { user_id: userId, sk: after };
      do {
        const answer: QueryCommandOutput = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :kind)',
            ExpressionAttributeValues: { ':user': userId, ':kind': kind },
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        for (const item of answer.Items ?? []) if (String(item.sk).split('#', 1)[0] === kind) yield item;
        start = answer.LastEvaluatedKey;
      } while (start);
    },

    /**
     * Erases what the table gives in one page, but for what stays of the account itself and for share links, which
     * open from elsewhere (`links.forget`). Answers whether there may be more.
     */
    async erasePage(userId: string): Promise<boolean> {
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user',
            ExpressionAttributeValues: { ':user': userId },
            ProjectionExpression: 'user_id, sk',
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        const deletes = ((answer.Items ?? []) as ItemKey[]).filter(
          ({ sk }) => sk !== 'PROFILE' && !sk.startsWith('LINK#'),
        );
        start = answer.LastEvaluatedKey;
        await writeItems(table, tableName, { deletes });
        if (deletes.length > 0) return start !== undefined;
      } while (start);
      return false;
    },
  };
}
export type Belongings = ReturnType<typeof createBelongings>;
