import { setTimeout as wait } from 'node:timers/promises';
import { BatchWriteCommand, type BatchWriteCommandInput, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ItemKey } from './table.ts';

/** What BatchWriteItem takes at once. */
const MOST_AT_ONCE = 25;
const IN_FLIGHT = 4;
/** A user's items share a partition: a thousand writes a second, then the table asks for patience. 25 ms doubled eight times are six seconds. */
const FIRST_WAIT_MS = 25;
const MOST_TRIES = 9;

type Write = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** Replaces and deletes items of any number, in no particular order, without conditions; each key once. */
export async function writeItems(
  table: DynamoDBDocumentClient,
  tableName: string,
  { puts = [], deletes = [] }: { puts?: readonly (ItemKey & Record<string, unknown>)[]; deletes?: readonly ItemKey[] },
): Promise<void> {
  const writes: Write[] = [
    ...puts.map((Item) => ({ PutRequest: { Item } })),
    ...deletes.map(({ user_id, sk }) => ({ DeleteRequest: { Key: { user_id, sk } } })),
  ];
  const batches: Write[][] = [];
  for (let start = 0; start < writes.length; start += MOST_AT_ONCE)
    batches.push(writes.slice(start, start + MOST_AT_ONCE));

  async function write(batch: Write[]): Promise<void> {
    let left = batch;
    for (let tries = 0; left.length > 0; tries += 1) {
      if (tries === MOST_TRIES)
        throw new Error(`DynamoDB left ${left.length} of ${batch.length} writes undone in ${MOST_TRIES} tries`);
      if (tries > 0) await wait(FIRST_WAIT_MS * 2 ** (tries - 1));
      const answer = await table.send(new BatchWriteCommand({ RequestItems: { [tableName]: left } }));
      left = answer.UnprocessedItems?.[tableName] ?? [];
    }
  }

  for (let start = 0; start < batches.length; start += IN_FLIGHT) {
    // All have come to an end before this one does: a write that outlived a failure could undo what comes after.
    const results = await Promise.allSettled(batches.slice(start, start + IN_FLIGHT).map(write));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
