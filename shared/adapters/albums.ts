import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Album, AlbumSettings } from '../domain/albums/album.ts';
import { and } from './image-conditions.ts';
import { type Condition, changeItem, holds, itemsByKey } from './table.ts';

export interface AlbumPage {
  items: Album[];
  nextCursor: string | null;
}

/** Definitions one request reads while it looks for those of a kind. */
const MOST_READ = 1_000;

const prefix = 'ALBUM#';
const IS_THERE: Condition = {
  expression: 'attribute_exists(sk) AND attribute_not_exists(#hidden)',
  names: { '#hidden': 'hidden' },
};
const IS_AUTO: Condition = { expression: '#kind = :auto', names: { '#kind': 'kind' }, values: { ':auto': 'auto' } };

/** `ALBUM#` items: what albums are called and what they show. Automatic ones are made, and removed, by `organize` (see auto-albums.ts). */
export function createAlbums(table: DynamoDBDocumentClient, tableName: string) {
  const key = (userId: string, albumId: string) => ({ user_id: userId, sk: `${prefix}${albumId}` });
  const settingsKey = (userId: string) => ({ user_id: userId, sk: 'ALBUM_SETTINGS' });

  return {
    /** The album; `null` where there is none, or its owner did not want it. */
    async get(userId: string, albumId: string): Promise<Album | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: key(userId, albumId), ConsistentRead: true }),
      );
      const album = answer.Item as Album | undefined;
      return album && !album.hidden ? album : null;
    },

    /** Albums by id, unwanted ones included; missing ones are left out. */
    async getMany(userId: string, albumIds: readonly string[]): Promise<Map<string, Album>> {
      const keys = albumIds.map((albumId) => key(userId, albumId));
      const items = (await itemsByKey(table, tableName, keys, { consistent: true })) as unknown as Album[];
      return new Map(items.map((album) => [album.album_id, album]));
    },

    /**
     * In descending order of ids: newest first, where an automatic album is as old as what it shows, and those of places come last.
     * A page may be shorter than `limit` and still have a next one: reading is bounded.
     */
    async list(
      userId: string,
      { limit, cursor, kind }: { limit: number; cursor?: string | undefined; kind?: Album['kind'] | undefined },
    ): Promise<AlbumPage> {
      const items: Album[] = [];
      let start = cursor === undefined ? undefined : key(userId, cursor);
      for (let read = 0; read < MOST_READ; ) {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':user': userId, ':prefix': prefix },
            ScanIndexForward: false,
            ConsistentRead: true,
            ExclusiveStartKey: start,
            Limit: kind === undefined ? limit + 1 : 100,
          }),
        );
        const page = (answer.Items ?? []) as Album[];
        for (const album of page) {
          if (album.hidden || (kind !== undefined && album.kind !== kind)) continue;
          if (items.length === limit) return { items, nextCursor: items.at(-1)?.album_id ?? null };
          items.push(album);
        }
        read += page.length;
        start = answer.LastEvaluatedKey as typeof start;
        if (!start) return { items, nextCursor: null };
      }
      return { items, nextCursor: start ? start.sk.slice(prefix.length) : null };
    },

    /** Stores a new album; `false` where the id is taken. */
    create(userId: string, album: Album): Promise<boolean> {
      const Item = { ...key(userId, album.album_id), ...album };
      return holds(
        table.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(sk)' })),
      );
    },

    /** Changes an album that is there; `null` where it is not, or, with `onlyAuto`, where it is not automatic any more. */
    async change(
      userId: string,
      albumId: string,
      { set, remove = [] }: { set: Partial<Album>; remove?: readonly (keyof Album)[] },
      { onlyAuto = false } = {},
    ): Promise<Album | null> {
      const condition = onlyAuto ? and(IS_THERE, IS_AUTO) : IS_THERE;
      return (await changeItem(table, tableName, key(userId, albumId), {
        set: { ...set },
        remove,
        condition,
      })) as unknown as Album | null;
    },

    /** Removes the definition, whatever it says. */
    async remove(userId: string, albumId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: key(userId, albumId) }));
    },

    /** Removes an automatic album, unless it has become manual. Of an event, also one that nobody wanted: its id never comes again. */
    async removeAuto(userId: string, albumId: string, { unwanted = false } = {}): Promise<void> {
      const { expression, names, values } = unwanted ? IS_AUTO : and(IS_THERE, IS_AUTO);
      await holds(
        table.send(
          new DeleteCommand({
            TableName: tableName,
            Key: key(userId, albumId),
            ConditionExpression: expression,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
          }),
        ),
      );
    },

    /** What automatic albums are to be made by; `null` before their owner asked for any. */
    async settings(userId: string): Promise<AlbumSettings | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: settingsKey(userId), ConsistentRead: true }),
      );
      return (answer.Item as AlbumSettings | undefined) ?? null;
    },

    async setSettings(userId: string, { by, min_images }: AlbumSettings): Promise<void> {
      await changeItem(table, tableName, settingsKey(userId), { set: { by, min_images } });
    },
  };
}
export type Albums = ReturnType<typeof createAlbums>;
