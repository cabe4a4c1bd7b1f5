import { createHash } from 'node:crypto';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { LinkRights } from '../domain/share-link.ts';
import type { Clock, NewId } from './ids.ts';
import type { StoredPassword } from './link-passwords.ts';
import { holds, itemsBelow } from './table.ts';

/** A link as it opens: the item `LINK`, alone in a partition that is named by its token's digest. */
export interface OpeningLink extends LinkRights {
  link_id: string;
  owner: string;
  album_id: string;
  password?: StoredPassword;
  expires_at: string;
}

/** A link as its owner lists it: the item `LINK#{album_id}#{link_id}`. */
export interface ListedLink extends LinkRights {
  link_id: string;
  album_id: string;
  /** Where the item lies that opens it. */
  digest: string;
  has_password: boolean;
  name?: string;
  expires_at: string;
  created_at: string;
}

export type LinkTerms = LinkRights & {
  password?: StoredPassword | undefined;
  name?: string | undefined;
  expiresAt: Date;
};

/** SHA-256 of a token, hex. Tokens are 32 random bytes: there is nothing to guess, hence nothing to salt. */
export const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** What may be done with one link, counted over windows of time. */
const COUNTED = {
  requests: { seconds: 60, most: 3_000 },
  tries: { seconds: 900, most: 20 },
} as const;

/**
 * Share links. The one item that opens a link is found by its token alone; the other, below its owner, is written before it and goes
 * after it, so that whatever opens can be found and taken back. Both go by themselves some time after they have expired.
 */
export function createLinks(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const openingKey = (digest: string) => ({ user_id: `LINK#${digest}`, sk: 'LINK' });
  const listedKey = (userId: string, albumId: string, linkId: string) => ({
    user_id: userId,
    sk: `LINK#${albumId}#${linkId}`,
  });
  const put = (Item: Record<string, unknown>) =>
    table.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(sk)' }));
  const remove = (Key: Record<string, string>) => table.send(new DeleteCommand({ TableName: tableName, Key }));

  return {
    /** A new link that `token` opens. */
    async create(
      { userId, albumId }: { userId: string; albumId: string },
      token: string,
      { password, name, download, location, expiresAt }: LinkTerms,
      newId: NewId,
    ): Promise<ListedLink> {
      const digest = digestOf(token);
      const common = {
        link_id: newId(),
        album_id: albumId,
        download,
        location,
        expires_at: expiresAt.toISOString(),
      };
      const expires = Math.ceil(expiresAt.getTime() / 1000);
      const listed: ListedLink = {
        ...common,
        digest,
        has_password: password !== undefined,
        ...(name !== undefined && { name }),
        created_at: clock().toISOString(),
      };
      await put({ ...listedKey(userId, albumId, common.link_id), ...listed, expires });
      await put({ ...openingKey(digest), ...common, owner: userId, password, expires });
      return listed;
    },

    /** The links of an album that have not expired, newest first. */
    async list(
      userId: string,
      albumId: string,
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ): Promise<{ items: ListedLink[]; nextCursor: string | null }> {
      const answer = await table.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':user': userId, ':prefix': `LINK#${albumId}#` },
          ScanIndexForward: false,
          ConsistentRead: true,
          ExclusiveStartKey: cursor === undefined ? undefined : listedKey(userId, albumId, cursor),
          Limit: limit,
        }),
      );
      const items = (answer.Items ?? []) as ListedLink[];
      const last = answer.LastEvaluatedKey && items.at(-1);
      return { items: items.filter(isGood), nextCursor: last?.link_id ?? null };
    },

    /** Takes a link back: after the first of its two deletes nothing opens any more. `false` where there is none. */
    async revoke(userId: string, albumId: string, linkId: string): Promise<boolean> {
      const Key = listedKey(userId, albumId, linkId);
      const answer = await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      const listed = answer.Item as ListedLink | undefined;
      if (!listed) return false;
      await remove(openingKey(listed.digest));
      await remove(Key);
      return isGood(listed);
    },

    /** Takes all links of a user back, one after the other. */
    async forget(userId: string): Promise<void> {
      for await (const { sk, digest } of itemsBelow(table, tableName, { userId, prefix: 'LINK#', consistent: true })) {
        await remove(openingKey(String(digest)));
        await remove({ user_id: userId, sk: String(sk) });
      }
    },

    /** Lets a token open nothing any more, also where nothing below its owner leads to it. */
    withdraw: (token: string) => remove(openingKey(digestOf(token))),

    /** The link a token opens; `null` where it opens none any more. */
    async find(token: string): Promise<OpeningLink | null> {
      const Key = openingKey(digestOf(token));
      const answer = await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      const link = answer.Item as OpeningLink | undefined;
      return link && isGood(link) ? link : null;
    },

    /** Counts one request, or one try of its password, if there is room for it in the window of time it is made in. */
    async count(token: string, what: keyof typeof COUNTED): Promise<boolean> {
      const { seconds, most } = COUNTED[what];
      const window = Math.floor(clock().getTime() / 1000 / seconds);
      const update = (UpdateExpression: string, condition: string, values: Record<string, number>) =>
        holds(
          table.send(
            new UpdateCommand({
              TableName: tableName,
              Key: openingKey(digestOf(token)),
              UpdateExpression,
              ConditionExpression: `attribute_exists(sk) AND ${condition}`,
              ExpressionAttributeNames: { '#window': `${what}_window`, '#count': `${what}_count` },
              ExpressionAttributeValues: { ':window': window, ':one': 1, ...values },
            }),
          ),
        );
      const oneMore = () =>
        update('SET #count = #count + :one', '#window = :window AND #count < :most', { ':most': most });
      const first = () =>
        update('SET #window = :window, #count = :one', '(attribute_not_exists(#window) OR #window < :window)', {});
      // The third: another began the window in between.
      return (await oneMore()) || (await first()) || (await oneMore());
    },
  };

  function isGood({ expires_at }: { expires_at: string }): boolean {
    return Date.parse(expires_at) > clock().getTime();
  }
}
export type Links = ReturnType<typeof createLinks>;
