import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Album, isByRule } from '../domain/albums/album.ts';
import { type KeyRange, rangeOfMembers, rangeOfRule } from '../domain/albums/lists.ts';

export interface AlbumImagesPage {
  imageIds: string[];
  /** Pass as `cursor` for the next page; `null` at the end. */
  nextCursor: string | null;
}

/** A cursor holds the sort key of the last photo that was read. */
const encode = (sk: string) => Buffer.from(sk).toString('base64url');
const decode = (cursor: string) => Buffer.from(cursor, 'base64url').toString();

/** The range behind a cursor; `null` where the cursor is none of this range's. */
function behind({ low, high }: KeyRange, cursor: string | undefined): KeyRange | null {
  if (cursor === undefined) return { low, high };
  const sk = decode(cursor);
  return sk >= low && sk <= high ? { low: `${sk}\0`, high } : null;
}

/** The photos of manual and automatic albums, in their order. Smart albums are searched instead. */
export function createAlbumImages(table: DynamoDBDocumentClient, tableName: string) {
  async function read(userId: string, { low, high }: KeyRange, limit: number): Promise<Record<string, unknown>[]> {
    if (low > high) return [];
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'user_id = :user AND sk BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':user': userId, ':low': low, ':high': high },
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return answer.Items ?? [];
  }

  async function pageOf(
    userId: string,
    whole: KeyRange,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<AlbumImagesPage> {
    const range = behind(whole, cursor);
    // One more than asked for tells whether there is a next page.
    const items = range ? await read(userId, range, limit + 1) : [];
    const shown = items.slice(0, limit);
    const last = shown.at(-1);
    return {
      imageIds: shown.map((item) => item.image_id as string),
      nextCursor: items.length > limit && last ? encode(last.sk as string) : null,
    };
  }

  return {
    /** Whether a cursor is one of this album's, as it is ordered now. */
    knows: (album: Album, cursor: string): boolean => behind(rangeOf(album), cursor) !== null,

    /**
     * Ids of an album's photos in its order, one query a page. A page may be shorter than `limit` and still have a next one. A cursor of
     * another album, or of this one in another order, finds nothing.
     */
    async page(
      userId: string,
      album: Album,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<AlbumImagesPage> {
      const { imageIds, nextCursor } = await pageOf(userId, rangeOf(album), { cursor, limit });
      const left = new Set(album.keeping?.except ?? []);
      return { imageIds: imageIds.filter((id) => !left.has(id)), nextCursor };
    },

    /** Ids of the photos that were put into an album, in the order in which they came, whether or not it is there any more. */
    async members(
      userId: string,
      albumId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<AlbumImagesPage> {
      return pageOf(userId, rangeOfMembers(albumId, 'added'), { cursor, limit });
    },

    /** The rank of the photo behind this rank in an album put in order by hand; `null` at its end. */
    async rankAfter(userId: string, albumId: string, rank: string): Promise<string | null> {
      const { low, high } = rangeOfMembers(albumId, 'manual');
      const [next] = await read(userId, { low: `${low}${rank}$`, high }, 1);
      return next ? rankIn(next, low) : null;
    },

    /** The rank of the first photo of such an album; `null` where it has none. */
    async firstRank(userId: string, albumId: string): Promise<string | null> {
      const range = rangeOfMembers(albumId, 'manual');
      const [first] = await read(userId, range, 1);
      return first ? rankIn(first, range.low) : null;
    },
  };
}
export type AlbumImages = ReturnType<typeof createAlbumImages>;

function rangeOf(album: Album): KeyRange {
  if (isByRule(album) && album.rule) return rangeOfRule(album.rule);
  return rangeOfMembers(album.album_id, album.sort);
}

function rankIn({ sk }: Record<string, unknown>, prefix: string): string {
  return String(sk).slice(prefix.length).split('#')[0] ?? '';
}
