import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { paginateListIndexes, paginateListVectors } from '@aws-sdk/client-s3vectors';
import { paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import { userPrefixes } from '../../shared/domain/object-keys.ts';
import type { Item } from './recount/finding.ts';
import type { Recount, StoredObject } from './recount/recount.ts';
import type { LiveStack } from './stack.ts';

/** How much was read, of everybody. */
export interface Read {
  items: number;
  vectors: number;
  objects: number;
}

type Reachable = Pick<LiveStack, 'table' | 's3' | 'vectors' | 'tableName' | 'bucketName' | 'vectorBucketName'>;

/** What is compared of share links. */
const LINK = [
  ...['owner', 'album_id', 'link_id', 'digest', 'has_password', 'password'],
  ...['download', 'location', 'expires_at', 'expires'],
];

/** Partitions of the table that are nobody's: share links as they open, and the state of the service. */
const isUser = (partition: string) => !partition.startsWith('LINK#') && !partition.startsWith('#');

/** Reads a stack, a page at a time, and changes nothing. */
export function createReader(stack: Reachable, read: Read = { items: 0, vectors: 0, objects: 0 }) {
  const { table, tableName: TableName, s3, bucketName: Bucket, vectors, vectorBucketName } = stack;
  const client = { client: table };

  async function* query(KeyConditionExpression: string, values: Record<string, string>): AsyncGenerator<Item> {
    const pages = paginateQuery(client, { TableName, KeyConditionExpression, ExpressionAttributeValues: values });
    for await (const { Items = [] } of pages) {
      read.items += Items.length;
      yield* Items as Item[];
    }
  }

  return {
    read,

    /** Everybody who has anything in the table, and the items of share links: those that open, and those that list them. */
    async partitions(): Promise<{ users: string[]; links: Item[] }> {
      const users = new Set<string>();
      const links: Item[] = [];
      const pages = paginateScan(client, {
        TableName,
        ProjectionExpression: ['user_id', 'sk', ...LINK].map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(['user_id', 'sk', ...LINK].map((name) => [`#${name}`, name])),
      });
      for await (const { Items = [] } of pages) {
        for (const item of Items as Item[]) {
          if (isUser(item.user_id)) users.add(item.user_id);
          if (item.sk.startsWith('LINK')) links.push(item);
        }
      }
      return { users: [...users].sort(), links };
    },

    /** Whether somebody's account is being erased, or was: what is left of it goes by itself. */
    async isLeaving(userId: string): Promise<boolean> {
      const profile = query('user_id = :user AND sk = :sk', { ':user': userId, ':sk': 'PROFILE' });
      for await (const { deleted_at } of profile) return deleted_at !== undefined;
      return false;
    },

    /** Who has objects, by the first part of their keys behind each kind. */
    async ownersOfObjects(): Promise<Set<string>> {
      const owners = new Set<string>();
      for (const prefix of userPrefixes('').map((each) => each.slice(0, -1))) {
        for await (const { CommonPrefixes = [] } of paginateListObjectsV2(
          { client: s3 },
          { Bucket, Prefix: prefix, Delimiter: '/' },
        ))
          for (const { Prefix = '' } of CommonPrefixes) owners.add(Prefix.split('/')[1] ?? '');
      }
      return owners;
    },

    /** Names of all vector indexes. */
    async indexes(): Promise<string[]> {
      const names: string[] = [];
      for await (const { indexes = [] } of paginateListIndexes({ client: vectors }, { vectorBucketName }))
        names.push(...indexes.flatMap(({ indexName }) => indexName ?? []));
      return names;
    },

    /** Gives a recount all that is somebody's: records first. */
    async everythingOf(userId: string, recount: Pick<Recount, 'record' | 'item' | 'vector' | 'object'>) {
      const user = { ':user': userId };
      const records = query('user_id = :user AND begins_with(sk, :image)', { ...user, ':image': 'IMAGE#' });
      for await (const item of records) recount.record(item);
      const before = query('user_id = :user AND sk < :image', { ...user, ':image': 'IMAGE#' });
      for await (const item of before) recount.item(item);
      // `$` comes behind `#`.
      const behind = query('user_id = :user AND sk >= :behind', { ...user, ':behind': 'IMAGE$' });
      for await (const item of behind) recount.item(item);
      await vectorsOf(userId, (key, values) => recount.vector(key, values));
      for (const Prefix of userPrefixes(userId))
        for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix }))
          for (const { Key = '', Size = 0, LastModified } of Contents) {
            read.objects += 1;
            const object: StoredObject = { key: Key, bytes: Size, modified: LastModified };
            recount.object(object);
          }
    },
  };

  async function vectorsOf(userId: string, give: (key: string, values: number[]) => void): Promise<void> {
    const indexName = vectorIndexName(userId);
    try {
      const pages = paginateListVectors({ client: vectors }, { vectorBucketName, indexName, returnData: true });
      for await (const { vectors: some = [] } of pages)
        for (const { key = '', data } of some) {
          read.vectors += 1;
          give(key, data?.float32 ?? []);
        }
    } catch (error) {
      // Nothing of theirs has ever been embedded.
      if (!(error instanceof Error) || error.name !== 'NotFoundException') throw error;
    }
  }
}
export type Reader = ReturnType<typeof createReader>;
