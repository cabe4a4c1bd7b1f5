import { createHash } from 'node:crypto';
import type { World } from './world.ts';

/** Everything a stack keeps, as it is read by whoever counts. */
export interface Kept {
  items: readonly Record<string, unknown>[];
  /** Keys of objects. */
  objects: readonly string[];
  /** Names of vector indexes. */
  indexes: readonly string[];
}

/** What the design calls a user's vector index. */
export const vectorIndexOf = (userId: string) => `u-${createHash('sha256').update(userId).digest('hex').slice(0, 40)}`;

/** What may stay of an account that was deleted, and all that it may say. */
const TOMBSTONE = ['user_id', 'sk', 'deleted_at', 'asked', 'identity', 'since', 'shard', 'expires'];

/**
 * What is left of an account that was deleted: every item, whoever's it is, that names its id anywhere, every object, and its vector
 * index. What stays of the account itself is no deviation, if it says nothing more than it may.
 */
export function leftOf(userId: string, { items, objects, indexes }: Kept): string[] {
  // Ids that only begin alike are somebody else's.
  const named = new RegExp(`(?<![\\w-])${userId}(?![\\w-])`);
  return [
    ...items
      .filter((item) => named.test(JSON.stringify(item)))
      .filter((item) => {
        const tombstone = item.user_id === userId && item.sk === 'PROFILE' && item.deleted_at !== undefined;
        return !tombstone || Object.keys(item).some((name) => !TOMBSTONE.includes(name));
      })
      .map((item) => `item ${item.user_id} ${item.sk}: ${Object.keys(item).join(', ')}`),
    ...objects.filter((key) => named.test(key)).map((key) => `object ${key}`),
    ...indexes.filter((name) => name === vectorIndexOf(userId)).map((name) => `vector index ${name}`),
  ];
}

/** What is left of an account in the world of a test. */
export async function leftIn(world: World, userId: string): Promise<string[]> {
  const [items, objects, indexes] = await Promise.all([world.items(), world.keys(), world.vectorIndexes()]);
  return leftOf(userId, { items, objects, indexes });
}
