import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DeleteIndexCommand } from '@aws-sdk/client-s3vectors';
import { BatchWriteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { KEYS_TABLE } from '../support/keys.ts';
import { BUCKET, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

const AT_ONCE = 25;

/** Leaves a world as it was before anybody was in it. */
export async function clear(world: World): Promise<void> {
  await clearTable(world, TABLE, ['user_id', 'sk']);
  await clearTable(world, KEYS_TABLE, ['user_id']);
  for (;;) {
    const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await world.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
  }
  for (const indexName of await world.vectorIndexes())
    await world.vectors.send(new DeleteIndexCommand({ vectorBucketName: VECTOR_BUCKET, indexName }));
}

async function clearTable({ table }: World, TableName: string, names: readonly string[]): Promise<void> {
  for (let start: Record<string, unknown> | undefined, more = true; more; more = start !== undefined) {
    const page = await table.send(new ScanCommand({ TableName, ExclusiveStartKey: start }));
    start = page.LastEvaluatedKey;
    const keys = (page.Items ?? []).map((item) => Object.fromEntries(names.map((name) => [name, item[name]])));
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const deletes = keys.slice(at, at + AT_ONCE).map((Key) => ({ DeleteRequest: { Key } }));
      await table.send(new BatchWriteCommand({ RequestItems: { [TableName]: deletes } }));
    }
  }
}

/** What is on the list of what is under way, of everybody. */
export async function pending({ table }: World): Promise<{ since: string }[]> {
  const found: { since: string }[] = [];
  for (let start: Record<string, unknown> | undefined, more = true; more; more = start !== undefined) {
    const page = await table.send(
      new ScanCommand({
        TableName: TABLE,
        IndexName: 'pending',
        ProjectionExpression: 'since',
        ExclusiveStartKey: start,
      }),
    );
    start = page.LastEvaluatedKey;
    found.push(...((page.Items ?? []) as { since: string }[]));
  }
  return found;
}
