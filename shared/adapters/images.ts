import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { foundBeside } from '../domain/edits.ts';
import {
  allStagesEnded,
  type ClusterAssignment,
  type EndedStageState,
  hasEnded,
  type ImageRecord,
  type ImageStatus,
  isGivenUp,
  type Reason,
  type Stage,
  type StageName,
} from '../domain/image.ts';
import { receiptOf } from '../domain/rerun.ts';
import { purgeDue, unlisted } from '../domain/trash.ts';
import type { Clock } from './ids.ts';
import { ALIVE, and, editedAsIn, ofGeneration, stageUnderWay, statusIn, unchangedSince } from './image-conditions.ts';
import { createKeepWords } from './image-words.ts';
import { type Change, type Condition, changeItem, holds, itemsByKey, only, pendingShard, staleItems } from './table.ts';

export interface ImageKey {
  userId: string;
  imageId: string;
}

export interface ImagePage<Field extends keyof ImageRecord = keyof ImageRecord> {
  items: Pick<ImageRecord, Field>[];
  /** Pass as `cursor` for the next page; `null` at the end. */
  nextCursor: string | null;
}

export interface ImageListing<Field extends keyof ImageRecord = keyof ImageRecord> {
  /** What is read of each record; all of it where absent. */
  fields?: readonly Field[];
  limit: number;
  cursor?: string | undefined;
  page?: number | undefined;
  status?: ImageStatus | undefined;
  /** Only the archived ones, or only the others; both where absent. */
  archived?: boolean | undefined;
  /** Those in the trash as well. */
  trashed?: boolean;
}

/** How a stage ended, as its function knows it; times and attempts are filled in here. */
export interface StageOutcome {
  state: EndedStageState;
  error?: Reason;
  tokens?: number;
  cost_microusd?: number;
}

/** A record on the list of what is under way: since when nothing has been heard of it, and how often it was sent to work again since. */
export type UnderWay = ImageRecord & { since?: string; revived?: { times: number; since: string } };

/** What stands still is sent again after once, twice, four times … as long without a sign of life, and never less often than after this. */
const MOST_STALE_TIMES = 24;

const sk = (imageId: string) => `IMAGE#${imageId}`;
const itemKey = ({ userId, imageId }: ImageKey) => ({ user_id: userId, sk: sk(imageId) });
/** How many records one request may read while looking for those that match a filter. */
const FILTER_READ_BOUND = 1000;
/** What a listing itself looks at. */
const LISTED_BY = ['image_id', 'status', 'archived', 'trashed_at', 'deleted_at'] as const;

/** Is told what a write has ended, once: the run whose write it was tells. */
export interface ImageObserver {
  photoEnded(record: ImageRecord): void;
  stageEnded(name: StageName, stage: Stage): void;
}

const UNOBSERVED: ImageObserver = { photoEnded: () => {}, stageEnded: () => {} };

/**
 * Image records and the conditional writes that move them through their life. Every method may be repeated: where a step was
 * already taken, its condition fails and nothing changes.
 */
export function createImages(
  table: DynamoDBDocumentClient,
  tableName: string,
  clock: Clock,
  observer: ImageObserver = UNOBSERVED,
) {
  const now = () => clock().toISOString();

  function change(key: ImageKey, { set, ...rest }: Change): Promise<ImageRecord | null> {
    const changed = { ...rest, set: { ...set, updated_at: now() } };
    return changeItem(table, tableName, itemKey(key), changed) as Promise<ImageRecord | null>;
  }

  /** The owner's record, also while it is being erased (`deleted_at` set); `null` where there is none. */
  async function get(key: ImageKey): Promise<ImageRecord | null> {
    const answer = await table.send(new GetCommand({ TableName: tableName, Key: itemKey(key), ConsistentRead: true }));
    return (answer.Item as ImageRecord | undefined) ?? null;
  }

  /** Sets the terminal status. The record stays on the list of what is under way until what is derived from it has followed. */
  async function end(key: ImageKey, status: ImageStatus, record: Partial<ImageRecord>, condition: Condition) {
    const underWay = { shard: pendingShard('image', key.imageId), since: now() };
    const ended = await change(key, { set: { ...record, status, ...underWay }, condition: and(ALIVE, condition) });
    if (ended) observer.photoEnded(ended);
    return ended;
  }

  /** `done` once every stage has ended. Answers the record as it is then. */
  async function finishIfEnded(key: ImageKey, record: ImageRecord): Promise<ImageRecord> {
    if (record.status !== 'processing' || !allStagesEnded(record.stages)) return record;
    const started = record.processing_started_at ?? record.created_at;
    const set = { processing_ms: Math.max(0, clock().getTime() - Date.parse(started)) };
    return (await end(key, 'done', set, statusIn('processing'))) ?? record;
  }

  /**
   * Takes a photo that has ended off the list of what is under way, unless it has changed since it was `seen`. One in the trash stays
   * there, for sweep to find it on the day it is to be erased.
   */
  async function settle(key: ImageKey, seen: ImageRecord): Promise<void> {
    const due = purgeDue(seen);
    await changeItem(table, tableName, itemKey(key), {
      ...(due === null
        ? { remove: ['shard', 'since', 'revived'] }
        : { set: { shard: pendingShard('image', key.imageId), since: due } }),
      condition: and(ALIVE, statusIn(seen.status), unchangedSince(seen)),
    });
  }

  /** When ingest ended, and how long the run took that `begun` tells of. */
  function ingestTook(begun: ImageRecord | undefined): Record<string, string | number> {
    const finished = now();
    const started = begun?.stages.ingest.started_at;
    const ms = started && { 'stages.ingest.ms': Math.max(0, Date.parse(finished) - Date.parse(started)) };
    return { 'stages.ingest.finished_at': finished, ...ms };
  }

  return {
    get,
    settle,

    /** As `get`, but `null` for a record that is being erased: what its owner may see. */
    async getVisible(key: ImageKey): Promise<ImageRecord | null> {
      const record = await get(key);
      return record?.deleted_at ? null : record;
    },

    /**
     * Records by id, in no particular order; missing ones are left out, and so are those being erased unless
     * `erasing`. `consistent` sees every write that has been answered.
     */
    async getMany(
      userId: string,
      imageIds: readonly string[],
      { consistent = false, erasing = false } = {},
    ): Promise<ImageRecord[]> {
      const keys = imageIds.map((imageId) => ({ user_id: userId, sk: sk(imageId) }));
      const records = (await itemsByKey(table, tableName, keys, { consistent })) as unknown as ImageRecord[];
      return erasing ? records : records.filter((record) => !record.deleted_at);
    },

    /**
     * Newest first. A page may be shorter than `limit` and still have a next one: reading under a filter is bounded. `page` counts
     * from 1, and reads all that lies before it.
     */
    async list<Field extends keyof ImageRecord = keyof ImageRecord>(
      userId: string,
      { fields, limit, cursor, page: number = 1, status, archived, trashed = false }: ImageListing<Field>,
    ): Promise<ImagePage<Field | 'image_id'>> {
      const filtered = status !== undefined || archived === true;
      const matches = (record: ImageRecord) =>
        !record.deleted_at &&
        (trashed || !record.trashed_at) &&
        (status === undefined || record.status === status) &&
        (archived === undefined || (record.archived ?? false) === archived);
      const projection = fields && only([...LISTED_BY, ...fields]);
      const items: ImageRecord[] = [];
      let skip = (number - 1) * limit;
      let start = cursor === undefined ? undefined : { user_id: userId, sk: sk(cursor) };
      for (let read = 0; read < FILTER_READ_BOUND + (number - 1) * limit; ) {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':user': userId, ':prefix': 'IMAGE#' },
            ...projection,
            ScanIndexForward: false,
            ExclusiveStartKey: start,
            // One more than asked for tells whether there is a next page.
            Limit: filtered ? 100 : limit + 1,
          }),
        );
        const page = (answer.Items ?? []) as ImageRecord[];
        for (const record of page) {
          if (!matches(record)) continue;
          if (skip > 0) {
            skip -= 1;
            continue;
          }
          if (items.length === limit) return { items, nextCursor: items.at(-1)?.image_id ?? null };
          items.push(record);
        }
        read += page.length;
        start = answer.LastEvaluatedKey as typeof start;
        if (!start) return { items, nextCursor: null };
      }
      return { items, nextCursor: start ? start.sk.slice(sk('').length) : null };
    },

    /** Stores a new record; `false` where the id is taken. */
    create(record: ImageRecord): Promise<boolean> {
      const item = {
        ...record,
        sk: sk(record.image_id),
        shard: pendingShard('image', record.image_id),
        // Nothing is expected of an announced upload before its form has expired.
        since: record.status === 'awaiting_upload' ? record.upload_expires_at : record.updated_at,
      };
      return holds(
        table.send(
          new PutCommand({ TableName: tableName, Item: item, ConditionExpression: 'attribute_not_exists(sk)' }),
        ),
      );
    },

    /** Its bytes have been taken. `null` where ingest has already seen them, or the photo is gone. */
    queue(key: ImageKey): Promise<ImageRecord | null> {
      return change(key, {
        set: { status: 'queued', since: now() },
        condition: and(ALIVE, statusIn('awaiting_upload')),
      });
    },

    /**
     * Begins (or begins again) reading the bytes. `null` where the record is gone, or where its bytes have been accepted,
     * rejected or found to be a duplicate already.
     */
    async beginIngest(key: ImageKey, record: ImageRecord): Promise<ImageRecord | null> {
      const started = now();
      const stage: Stage = { state: 'running', attempts: record.stages.ingest.attempts + 1, started_at: started };
      return change(key, {
        set: {
          status: 'processing',
          'stages.ingest': stage,
          processing_started_at: record.processing_started_at ?? started,
          shard: pendingShard('image', key.imageId),
          since: started,
        },
        remove: ['error'],
        condition: and(ALIVE, statusIn('awaiting_upload', 'queued', 'processing', 'expired', 'failed'), {
          expression: 'NOT #stages.#ingest.#state = :done',
          values: { ':done': 'done' },
          names: { '#stages': 'stages', '#ingest': 'ingest', '#state': 'state' },
        }),
      });
    },

    /** Counts a run of `describe`, `faces` or `organize`. `null` where the photo is gone or the stage has ended. */
    beginStage(key: ImageKey, name: StageName, record: ImageRecord): Promise<ImageRecord | null> {
      const started = now();
      const stage: Stage = { ...record.stages[name], state: 'running', started_at: started };
      stage.attempts += 1;
      return change(key, {
        set: { [`stages.${name}`]: stage, since: started },
        condition: and(ALIVE, stageUnderWay(name), ofGeneration(record)),
      });
    },

    /**
     * Says that a begun run was told to wait, and when the next sign of life is due. The run is taken back, unless it `counts`.
     */
    postponeStage(
      key: ImageKey,
      name: StageName,
      record: ImageRecord,
      until: Date,
      { counts = false } = {},
    ): Promise<ImageRecord | null> {
      const attempts = Math.max(0, record.stages[name].attempts - (counts ? 0 : 1));
      return change(key, {
        set: { [`stages.${name}.state`]: 'pending', [`stages.${name}.attempts`]: attempts, since: until.toISOString() },
        condition: and(ALIVE, stageUnderWay(name), ofGeneration(record)),
      });
    },

    /**
     * Ends a stage, once: the first end wins. Sets `fields` with it, but for those a person has locked, and the photo to `done` where it
     * was the last. Answers the record as it is then, or `null` where the photo is gone, or not the one that was `begun` any more.
     */
    async endStage(
      key: ImageKey,
      name: StageName,
      outcome: StageOutcome,
      fields: Partial<ImageRecord> = {},
      begun?: Pick<ImageRecord, 'generation'>,
    ): Promise<ImageRecord | null> {
      for (;;) {
        const before = await get(key);
        if (!before || before.deleted_at || (begun && begun.generation !== before.generation)) return null;
        if (hasEnded(before.stages[name].state)) return finishIfEnded(key, before);
        const { attempts, started_at } = before.stages[name];
        const finished = now();
        const stage: Stage = {
          ...receiptOf(before.stages[name]),
          ...outcome,
          attempts,
          ...(started_at && { started_at, ms: Math.max(0, Date.parse(finished) - Date.parse(started_at)) }),
          finished_at: finished,
        };
        const { set, remove } = unlisted(before, foundBeside(before, fields));
        const after = await change(key, {
          set: { ...set, [`stages.${name}`]: stage, since: finished },
          remove,
          condition: and(ALIVE, stageUnderWay(name), ofGeneration(before), editedAsIn(before)),
        });
        // Otherwise it has been ended, erased or edited meanwhile.
        if (!after) continue;
        observer.stageEnded(name, stage);
        return finishIfEnded(key, after);
      }
    },

    finishIfEnded,

    /** Says whose bytes these are before they are claimed, so that erasing a half-read photo frees them. `null`: it is gone. */
    noteChecksum(key: ImageKey, sha256: string): Promise<ImageRecord | null> {
      return change(key, { set: { sha256 }, condition: and(ALIVE, stageUnderWay('ingest')) });
    },

    /** The bytes are not a picture we accept. */
    reject(
      key: ImageKey,
      reason: Reason,
      facts: Partial<ImageRecord> = {},
      begun?: ImageRecord,
    ): Promise<ImageRecord | null> {
      const stage = { 'stages.ingest.state': 'failed', 'stages.ingest.error': reason, ...ingestTook(begun) };
      return end(key, 'rejected', { ...facts, ...stage, error: reason }, stageUnderWay('ingest'));
    },

    /** The owner already has these very bytes, accepted, as `original`. */
    markDuplicate(
      key: ImageKey,
      original: string,
      facts: Partial<ImageRecord>,
      begun?: ImageRecord,
    ): Promise<ImageRecord | null> {
      const error = { code: 'duplicate', message: `These very bytes are already stored as image ${original}.` };
      const stage = { 'stages.ingest.state': 'done', ...ingestTook(begun) };
      return end(key, 'duplicate', { ...facts, ...stage, duplicate_of: original, error }, stageUnderWay('ingest'));
    },

    /** Our fault, after all retries. `fields` may name where the bytes are kept. */
    fail(key: ImageKey, stage: StageName, reason: Reason, fields: Partial<ImageRecord> = {}) {
      const set = { ...fields, error: reason, [`stages.${stage}.state`]: 'failed', [`stages.${stage}.error`]: reason };
      const open = statusIn('awaiting_upload', 'queued', 'processing', 'expired');
      return end(key, 'failed', set, and(open, stageUnderWay(stage)));
    },

    /** The upload never came. */
    expire(key: ImageKey): Promise<ImageRecord | null> {
      const error = {
        code: 'upload_expired',
        message: 'The upload form expired before any bytes arrived. Ask for a new one.',
      };
      return end(key, 'expired', { error }, statusIn('awaiting_upload'));
    },

    /** Hides a photo from its owner at once; `organize` erases it. `null` where there is none to hide. */
    markDeleted(key: ImageKey): Promise<ImageRecord | null> {
      const at = now();
      return change(key, {
        set: { deleted_at: at, shard: pendingShard('image', key.imageId), since: at },
        condition: ALIVE,
      });
    },

    /** As `markDeleted`, of a photo that lies in the trash since just then. `null` where it was restored, or is gone. */
    purge(key: ImageKey, { trashed_at = '' }: Pick<ImageRecord, 'trashed_at'>): Promise<ImageRecord | null> {
      const at = now();
      const lies = { expression: 'trashed_at = :trashed_at', values: { ':trashed_at': trashed_at } };
      const set = { deleted_at: at, shard: pendingShard('image', key.imageId), since: at };
      return change(key, { set, condition: and(ALIVE, lies) });
    },

    /** Notes that no sign of life is due before `until`. */
    touch(key: ImageKey, until: Date): Promise<ImageRecord | null> {
      return change(key, {
        set: { since: until.toISOString() },
        condition: {
          expression: 'attribute_exists(sk) AND attribute_exists(#shard)',
          names: { '#shard': 'shard' },
        },
      });
    },

    /**
     * Notes that a photo that has shown no sign of life is about to be sent to work again: the next time sweep looks at it in twice the time,
     * until something has happened to it. `null` where something has since it was `seen`, or it is not under way any more.
     */
    revive(key: ImageKey, seen: UnderWay, staleMs: number): Promise<ImageRecord | null> {
      const { since, revived } = seen;
      const times = revived !== undefined && revived.since === since ? revived.times + 1 : 1;
      const delay = Math.min(2 ** (times - 1), MOST_STALE_TIMES) - 1;
      const until = new Date(clock().getTime() + delay * staleMs).toISOString();
      return change(key, {
        set: { since: until, revived: { times, since: until } },
        condition: {
          expression: 'attribute_exists(#shard) AND #since = :seen',
          names: { '#shard': 'shard', '#since': 'since' },
          values: { ':seen': since ?? '' },
        },
      });
    },

    /**
     * Ends the organize stage, and the photo, as `done` says ({@link asDone}): what is derived from it says so already. One in the trash
     * has still to be settled. `null` where the photo has been deleted or changed since it was `seen`. One that was done without that
     * stage has it now.
     */
    async finish(key: ImageKey, seen: ImageRecord, done: ImageRecord): Promise<ImageRecord | null> {
      const { status, cluster, faces, processing_ms, stages } = done;
      const again = isGivenUp(seen);
      const open = again ? statusIn('done') : and(statusIn('processing'), stageUnderWay('organize'));
      const finished = await change(key, {
        set: { status, cluster, faces, processing_ms, 'stages.organize': stages.organize },
        remove: done.trashed_at ? [] : ['shard', 'since', 'revived'],
        condition: and(ALIVE, open, unchangedSince(seen)),
      });
      if (finished) {
        observer.stageEnded('organize', stages.organize);
        if (!again) observer.photoEnded(finished);
      }
      return finished;
    },

    /** Notes that a photo is about to leave its cluster. `null` where it has been deleted or changed since it was `seen`. */
    noteLeaving(key: ImageKey, seen: ImageRecord, cluster: ClusterAssignment): Promise<ImageRecord | null> {
      return change(key, { set: { cluster }, condition: and(ALIVE, unchangedSince(seen)) });
    },

    /** Notes the cluster, also on a photo that is being erased: erasing has to know what to take it out of. */
    setCluster(key: ImageKey, cluster: ClusterAssignment): Promise<ImageRecord | null> {
      return change(key, { set: { cluster }, condition: { expression: 'attribute_exists(sk)' } });
    },

    keepWords: createKeepWords({ get, change }),

    /** Removes the record itself: the last step of erasing a photo. */
    async erase(key: ImageKey): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: itemKey(key) }));
    },

    /** Records under way that have shown no sign of life since `before`, the oldest of every shard first. */
    stale: (before: Date) =>
      staleItems(table, tableName, { kind: 'image', before }) as AsyncGenerator<unknown> as AsyncGenerator<UnderWay>,
  };
}
export type Images = ReturnType<typeof createImages>;
