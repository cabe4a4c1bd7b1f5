import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type AlbumsChange, albumsAfter } from '../domain/albums/membership.ts';
import { LIMITS } from '../domain/description.ts';
import { changeOf, type Edit, type RecordChange, retag } from '../domain/edits.ts';
import { type ImageRecord, isTerminal, type Reason, type StageName } from '../domain/image.ts';
import { IN_TRASH, rerunOf, rerunRefusal } from '../domain/rerun.ts';
import { isWorthKeeping, NOTHING_TO_KEEP, restoreOf, trashOf } from '../domain/trash.ts';
import type { Clock } from './ids.ts';
import { ALIVE, and, unchangedSince } from './image-conditions.ts';
import { createImages, type ImageKey } from './images.ts';
import { changeItem, pendingShard } from './table.ts';

/** What became of a request to change a record, and the record as it is then. */
export type EditOutcome =
  | { state: 'changed' | 'unchanged'; record: ImageRecord }
  | { state: 'refused'; record: ImageRecord; reason: Reason };

type Decision = { change: RecordChange | null } | { refused: Reason };

/** Each further try answers another change of the same record within milliseconds; more than this in a row means trouble. */
const MOST_TRIES = 30;

/**
 * What its owner changes about a photo. Each is one conditional write on the record as it was read, tried again with the record as it
 * is by then: of two at once both count. All answer `null` where the photo is gone. May be repeated: what is already so stays.
 */
export function createImageEdits(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const images = createImages(table, tableName, clock);

  async function write(
    key: ImageKey,
    decide: (record: ImageRecord, at: string) => Decision,
  ): Promise<EditOutcome | null> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const seen = await images.get(key);
      if (!seen || seen.deleted_at) return null;
      const at = clock().toISOString();
      const decision = decide(seen, at);
      if ('refused' in decision) return { state: 'refused', record: seen, reason: decision.refused };
      if (!decision.change) return { state: 'unchanged', record: seen };
      const { set, remove } = decision.change;
      // What has ended goes back on the list of what is under way, until what is derived from it has followed.
      const underWay = isTerminal(seen.status) ? { shard: pendingShard('image', key.imageId), since: at } : {};
      const record = await changeItem(
        table,
        tableName,
        { user_id: key.userId, sk: `IMAGE#${key.imageId}` },
        {
          set: { ...set, ...underWay, updated_at: at },
          // A field is either set or goes.
          remove: remove.filter((attribute) => set[attribute] === undefined),
          condition: and(ALIVE, unchangedSince(seen)),
        },
      );
      if (record) return { state: 'changed', record: record as unknown as ImageRecord };
    }
    throw new Error(`The image changed ${MOST_TRIES} times while it was edited; expected a quieter moment, try again`);
  }

  return {
    /** Writes and locks what a person says (see `plainEdit`), or takes it back. Refused in the trash. */
    edit: (key: ImageKey, edit: Edit) =>
      write(key, (record, at) => (record.trashed_at ? { refused: IN_TRASH } : { change: changeOf(record, edit, at) })),

    /** Adds tags to those the photo has now, and takes others away; locks them. Refused where they become too many, and in the trash. */
    tag: (key: ImageKey, tags: { add: readonly string[]; remove: readonly string[] }) =>
      write(key, (record, at) => {
        if (record.trashed_at) return { refused: IN_TRASH };
        const before = record.tags ?? [];
        const after = retag(record, tags);
        if (after.length === before.length && after.every((tag, index) => tag === before[index]))
          return { change: null };
        if (after.length > LIMITS.tags) {
          const message = `An image has at most ${LIMITS.tags} tags; these would be ${after.length}.`;
          return { refused: { code: 'too_many_tags', message } };
        }
        return { change: changeOf(record, { tags: after }, at) };
      }),

    /** Puts a photo into albums and takes it out of others. Refused where it would be in too many. */
    inAlbums: (key: ImageKey, albums: AlbumsChange) => write(key, (record) => albumsAfter(record, albums)),
    /** Moves a photo to the trash for so many days. Refused where nothing could be restored of it. */
    trash: (key: ImageKey, days: number) =>
      write(key, (record, at) =>
        isWorthKeeping(record) ? { change: trashOf(record, at, days) } : { refused: NOTHING_TO_KEEP },
      ),

    /** Takes a photo out of the trash; its messages are the caller's to send (`queues.restored`). */
    restore: (key: ImageKey) => write(key, (record, at) => ({ change: restoreOf(record, at) })),

    /**
     * Sends a photo on a new round through these stages; its first message is the caller's to send (`queues.resume`). Refused where
     * it cannot run. `askedAt`: unchanged where its last round began then or later.
     */
    rerun: (key: ImageKey, stages: readonly StageName[], { askedAt }: { askedAt?: string } = {}) =>
      write(key, (record, at) => {
        if (askedAt !== undefined && (record.processing_started_at ?? '') >= askedAt) return { change: null };
        const refused = rerunRefusal(record);
        if (refused) return { refused };
        // Clocks differ: this round must never seem to have begun before it was asked for.
        return { change: rerunOf(record, stages, askedAt !== undefined && askedAt > at ? askedAt : at) };
      }),
  };
}
export type ImageEdits = ReturnType<typeof createImageEdits>;
