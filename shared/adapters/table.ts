import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** The one table: partition key `user_id`, sort key `sk`. Each step is one conditional write on one item. */

export interface ItemKey {
  user_id: string;
  sk: string;
}

/** A condition in the table's own words: `#name` stands for an attribute, `:name` for a value. */
export interface Condition {
  expression: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

export interface Change {
  /** Attribute paths (`stages.ingest`) and their new values; `undefined` values are left alone. */
  set?: Record<string, unknown>;
  remove?: readonly string[];
  condition?: Condition;
}

/** Applies a change to one item and answers the whole new item, or `null` where the condition does not hold. */
export async function changeItem(
  table: DynamoDBDocumentClient,
  tableName: string,
  key: ItemKey,
  change: Change,
): Promise<Record<string, unknown> | null> {
  const names: Record<string, string> = { ...change.condition?.names };
  const values: Record<string, unknown> = { ...change.condition?.values };
  const path = (attribute: string) =>
    attribute
      .split('.')
      .map((part) => {
        names[`#${part}`] = part;
        return `#${part}`;
      })
      .join('.');

  const assignments = Object.entries(change.set ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([attribute, value], index) => {
      values[`:set${index}`] = value;
      return `${path(attribute)} = :set${index}`;
    });
  const removals = (change.remove ?? []).map(path);
  const clauses = [
    assignments.length > 0 && `SET ${assignments.join(', ')}`,
    removals.length > 0 && `REMOVE ${removals.join(', ')}`,
  ].filter((clause) => clause !== false);

  try {
    const answer = await table.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key,
        UpdateExpression: clauses.join(' '),
        ConditionExpression: change.condition?.expression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: Object.keys(values).length > 0 ? values : undefined,
        ReturnValues: 'ALL_NEW',
      }),
    );
    return answer.Attributes ?? null;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}

/** Every item of a user whose sort key begins with `prefix`, in its order, read in the pages the table gives. */
export async function* itemsBelow(
  table: DynamoDBDocumentClient,
  tableName: string,
  { userId, prefix, consistent = false }: { userId: string; prefix: string; consistent?: boolean },
): AsyncGenerator<Record<string, unknown>> {
  let start: Record<string, unknown> | undefined;
  do {
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':user': userId, ':prefix': prefix },
        ConsistentRead: consistent,
        ExclusiveStartKey: start,
      }),
    );
    yield* answer.Items ?? [];
    start = answer.LastEvaluatedKey;
  } while (start);
}

/** What BatchGetItem answers at once. */
const MOST_BY_KEY = 100;

/**
 * Items by key, in the order asked: what is computed from them comes out the same however the table sorts. Missing ones are left
 * out. Any number: 100 are read at once. What the table did not get to is asked for again. Of each all is read, or its key and `fields`.
 */
export async function itemsByKey(
  table: DynamoDBDocumentClient,
  tableName: string,
  keys: readonly ItemKey[],
  { consistent = false, fields }: { consistent?: boolean; fields?: readonly string[] } = {},
): Promise<Record<string, unknown>[]> {
  const asked = { ConsistentRead: consistent, ...(fields && only(['user_id', 'sk', ...fields])) };
  async function read(some: ItemKey[]): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    for (let left = some; left.length > 0; ) {
      const answer = await table.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys: left, ...asked } } }));
      items.push(...(answer.Responses?.[tableName] ?? []));
      left = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as ItemKey[];
    }
    return items;
  }
  const whole = ({ user_id, sk }: ItemKey | Record<string, unknown>) => `${user_id}\n${sk}`;
  const distinct = [...new Map(keys.map((key) => [whole(key), key])).values()];
  const starts = Array.from({ length: Math.ceil(distinct.length / MOST_BY_KEY) }, (_, index) => index * MOST_BY_KEY);
  const read100 = starts.map((start) => read(distinct.slice(start, start + MOST_BY_KEY)));
  const found = new Map((await Promise.all(read100)).flat().map((item) => [whole(item), item]));
  return distinct.map((key) => found.get(whole(key))).filter((item) => item !== undefined);
}

/** Has a read answer these attributes of items and no others. */
export function only(names: readonly string[]) {
  const distinct = [...new Set(names)];
  return {
    ProjectionExpression: distinct.map((name) => `#${name}`).join(),
    ExpressionAttributeNames: Object.fromEntries(distinct.map((name) => [`#${name}`, name])),
  };
}

/** Runs a conditional write; `false` where its condition does not hold. */
export async function holds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** What sweep looks for, each below shards of its own: however much there is of one, the others are found. */
export type PendingKind = 'image' | 'job' | 'account' | 'waiting';

/** Which of the index's shards an item that is under way is found in. Spreads a busy account's writes over partitions. */
const PENDING_SHARDS = 8;
export function pendingShard(kind: PendingKind, id: string): string {
  // The last hex digits of a UUIDv7 are random.
  const digits = Number.parseInt(id.slice(-4), 16);
  return shardName(kind, (Number.isNaN(digits) ? id.length : digits) % PENDING_SHARDS);
}
const shardName = (kind: PendingKind, number: number) => `${kind}:${number}`;

/** Items of each shard that are read at once. */
const STALE_PAGE = 100;

/**
 * Every item of a kind that is under way and has shown no sign of life since `before`: a page of each shard at a time, and of what was
 * read together the oldest first. Whoever has seen enough reads no further. The index holds keys alone and may be late: the items are read
 * from the table, and what has moved on since is left out.
 */
export async function* staleItems(
  table: DynamoDBDocumentClient,
  tableName: string,
  { kind, before }: { kind: PendingKind; before: Date },
): AsyncGenerator<Record<string, unknown>> {
  type Page = { items: Record<string, unknown>[]; next?: () => Promise<Page> };
  async function pageOf(shard: string, start?: Record<string, unknown>): Promise<Page> {
    const { Items = [], LastEvaluatedKey } = await table.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'pending',
        KeyConditionExpression: '#shard = :shard AND #since < :before',
        ExpressionAttributeNames: { '#shard': 'shard', '#since': 'since' },
        ExpressionAttributeValues: { ':shard': shard, ':before': before.toISOString() },
        ExclusiveStartKey: start,
        Limit: STALE_PAGE,
      }),
    );
    const keys = Items.map(({ user_id, sk }) => ({ user_id: String(user_id), sk: String(sk) }));
    const read = await itemsByKey(table, tableName, keys, { consistent: true });
    const items = read.filter((item) => item.shard === shard && String(item.since) < before.toISOString());
    return { items, next: LastEvaluatedKey && (() => pageOf(shard, LastEvaluatedKey)) };
  }
  let open = Array.from({ length: PENDING_SHARDS }, (_, number) => () => pageOf(shardName(kind, number)));
  while (open.length > 0) {
    const pages = await Promise.all(open.map((read) => read()));
    yield* pages.flatMap(({ items }) => items).sort((a, b) => (String(a.since) < String(b.since) ? -1 : 1));
    open = pages.map(({ next }) => next).filter((next) => next !== undefined);
  }
}
