import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';
import { changeItem } from './table.ts';

/** A download that was asked for, noted before its job is there. */
export interface OpenDownload {
  job_id: string;
  /** `all`, `ids` or an album’s id. */
  extent: string;
  /** When it was noted, ISO. */
  at: string;
}

/** What is kept of a person: the `PROFILE` item. There is none until something needs to be kept. */
export interface Profile {
  user_id: string;
  /**
   * Whole seconds since the epoch. Tokens whose `auth_time` is smaller are refused.
   */
  tokens_valid_after?: number;
  /** The last export of everything that is kept of them. */
  export_job_id?: string;
  /** Downloads that had not ended when somebody last looked. */
  downloads?: { version: number; open: OpenDownload[] };
  /** `false`: nobody looks for faces in their photos. */
  face_detection?: boolean;
  /** Set where the account is being erased, or was: then there is nothing else (see `departures.ts`). */
  deleted_at?: string;
  updated_at?: string;
}

/** Nothing is written into what stays of an account that was deleted. */
const NOT_GONE = 'attribute_not_exists(deleted_at)';

export function createProfiles(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const key = (userId: string) => ({ user_id: userId, sk: 'PROFILE' });

  return {
    async get(userId: string): Promise<Profile | null> {
      const answer = await table.send(new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: true }));
      return (answer.Item as Profile | undefined) ?? null;
    },

    /** Whether faces may be looked for in this person's photos: unless they said no. */
    async faceDetection(userId: string): Promise<boolean> {
      return (await this.get(userId))?.face_detection !== false;
    },

    async setFaceDetection(userId: string, allowed: boolean): Promise<void> {
      const set = { face_detection: allowed, updated_at: clock().toISOString() };
      await changeItem(table, tableName, key(userId), { set, condition: { expression: NOT_GONE } });
    },

    /** Notes the job of an export, in the place of the one that was `seen`. `false` where another request was quicker. */
    async noteExport(userId: string, jobId: string, seen: string | undefined): Promise<boolean> {
      const asSeen = seen === undefined ? 'attribute_not_exists(export_job_id)' : 'export_job_id = :seen';
      const condition = {
        expression: `${NOT_GONE} AND ${asSeen}`,
        ...(seen !== undefined && { values: { ':seen': seen } }),
      };
      const set = { export_job_id: jobId, updated_at: clock().toISOString() };
      return (await changeItem(table, tableName, key(userId), { set, condition })) !== null;
    },

    /** Notes the downloads that have not ended, in the place of the version that was `seen`. `false` where another request was quicker. */
    async noteDownloads(userId: string, open: OpenDownload[], seen: number | undefined): Promise<boolean> {
      const asSeen = seen === undefined ? 'attribute_not_exists(downloads)' : 'downloads.#version = :seen';
      const condition = {
        expression: `${NOT_GONE} AND ${asSeen}`,
        ...(seen !== undefined && { names: { '#version': 'version' }, values: { ':seen': seen } }),
      };
      const set = { downloads: { version: (seen ?? 0) + 1, open }, updated_at: clock().toISOString() };
      return (await changeItem(table, tableName, key(userId), { set, condition })) !== null;
    },

    /**
     * Ends every session begun up to now. `auth_time` has whole seconds: the boundary is the next second, so that a token of
     * this very second is refused, too, and at least one past `authTime`, the session that asks for it, should Google's clock run
     * ahead of ours. Never moves back. Answers the boundary.
     */
    async endSessions(userId: string, authTime: number): Promise<number> {
      const boundary = Math.max(Math.floor(clock().getTime() / 1000), authTime) + 1;
      await changeItem(table, tableName, key(userId), {
        set: { tokens_valid_after: boundary, updated_at: clock().toISOString() },
        condition: {
          expression: `${NOT_GONE} AND (attribute_not_exists(#after) OR #after < :boundary)`,
          names: { '#after': 'tokens_valid_after' },
          values: { ':boundary': boundary },
        },
      });
      return boundary;
    },
  };
}
export type Profiles = ReturnType<typeof createProfiles>;
