import type { DatabaseSync } from 'node:sqlite';
import type { MessageRow } from './schema.ts';

/**
 * Fair queues: what is received from a standard queue whose messages carry groups (SQS Developer Guide, "How Amazon SQS fair queues
 * work"). A message without a group is a tenant of its own.
 */

/** A tenant is noisy with more than this share of what is in flight, and at least so many … */
const SHARE = 0.1;
const LEAST_IN_FLIGHT = 30;
/** … or with more than the same share of recent processing time. How recent is not documented: half of it counts after this. */
const HALF_LIFE_MS = 60_000;
/** Who has sent nothing for so long is noisy no longer. */
const QUIET_AFTER_MS = 5 * 60_000;

interface Tenant {
  /** Processing time, decayed to the moment `at`. */
  busyMs: number;
  at: number;
  lastSent: number;
}

export interface Fairness {
  /** A message of that group was sent. */
  sent(queue: string, group: string | null): void;
  /** A message is being worked on from now on; it may have been before. */
  begun(row: Pick<MessageRow, 'seq'>): void;
  /** It is not any more: it was deleted, or its visibility changed. */
  ended(queue: string, row: { seq: number; group_id: string | null }): void;
  /** Up to `most` visible messages of a standard queue: the quiet tenants' first, oldest first, then those of whom least is in flight. */
  select(queue: string, now: number, most: number): MessageRow[];
}

export function createFairness(options: {
  database: DatabaseSync;
  clock: () => Date;
  /** Turns milliseconds on AWS into those to wait here. */
  scaleMs: (milliseconds: number) => number;
}): Fairness {
  const { database, scaleMs } = options;
  const now = () => options.clock().getTime();
  const begunAt = new Map<number, number>();
  const queues = new Map<string, { tenants: Map<string, Tenant>; others: Tenant }>();
  const inOrder = database.prepare(
    'SELECT * FROM messages WHERE queue = ? AND visible <= ? ORDER BY visible, seq LIMIT ?',
  );
  // One look into the index for each group, however many messages each has.
  const groupsOf = database.prepare(
    `WITH RECURSIVE groups (id) AS (
       SELECT MIN(group_id) FROM messages WHERE queue = ?1
       UNION ALL
       SELECT (SELECT MIN(group_id) FROM messages WHERE queue = ?1 AND group_id > groups.id) FROM groups WHERE id IS NOT NULL
     )
     SELECT id FROM groups WHERE id IS NOT NULL`,
  );
  const inFlight = database.prepare(
    `SELECT group_id, COUNT(*) AS messages FROM messages WHERE queue = ? AND visible > ? AND receipt IS NOT NULL GROUP BY group_id`,
  );
  const ofGroup = database.prepare(
    'SELECT * FROM messages WHERE queue = ? AND group_id IS ? AND visible <= ? ORDER BY visible, seq LIMIT ?',
  );

  function stateOf(queue: string) {
    const known = queues.get(queue);
    if (known) return known;
    const made = { tenants: new Map<string, Tenant>(), others: { busyMs: 0, at: now(), lastSent: 0 } };
    queues.set(queue, made);
    return made;
  }

  function tenantOf(queue: string, group: string | null): Tenant {
    const { tenants, others } = stateOf(queue);
    if (group === null) return others;
    const tenant = tenants.get(group) ?? { busyMs: 0, at: now(), lastSent: now() };
    tenants.set(group, tenant);
    return tenant;
  }

  function busyOf(tenant: Tenant, at: number): number {
    return tenant.busyMs * 0.5 ** ((at - tenant.at) / scaleMs(HALF_LIFE_MS));
  }

  /** The groups that are to stand back, with how many messages each has in flight. */
  function noisyOf(queue: string, groups: readonly string[], at: number): Map<string, number> {
    const { tenants, others } = stateOf(queue);
    // Whose backlog is gone is forgotten.
    for (const group of tenants.keys()) if (!groups.includes(group)) tenants.delete(group);
    const flying = new Map<string | null, number>(
      inFlight.all(queue, at).map((row) => [row.group_id as string | null, Number(row.messages)]),
    );
    const allFlying = [...flying.values()].reduce((sum, messages) => sum + messages, 0);
    const allBusy = [...tenants.values(), others].reduce((sum, tenant) => sum + busyOf(tenant, at), 0);
    const noisy = groups.filter((group) => {
      const tenant = tenantOf(queue, group);
      if (at - tenant.lastSent >= scaleMs(QUIET_AFTER_MS)) return false;
      const messages = flying.get(group) ?? 0;
      return (messages >= LEAST_IN_FLIGHT && messages > SHARE * allFlying) || busyOf(tenant, at) > SHARE * allBusy;
    });
    return new Map(noisy.map((group) => [group, flying.get(group) ?? 0]));
  }

  return {
    sent(queue, group) {
      if (group !== null) tenantOf(queue, group).lastSent = now();
    },
    begun: ({ seq }) => void begunAt.set(seq, now()),
    ended(queue, { seq, group_id }) {
      const from = begunAt.get(seq);
      if (from === undefined) return;
      begunAt.delete(seq);
      const tenant = tenantOf(queue, group_id);
      const at = now();
      tenant.busyMs = busyOf(tenant, at) + (at - from);
      tenant.at = at;
    },
    select(queue, at, most) {
      const groups = groupsOf.all(queue).map(({ id }) => String(id));
      const noisy = groups.length === 0 ? new Map<string, number>() : noisyOf(queue, groups, at);
      if (noisy.size === 0) return inOrder.all(queue, at, most) as unknown as MessageRow[];
      const visibleOf = (group: string | null) => ofGroup.all(queue, group, at, most) as unknown as MessageRow[];
      const older = (a: MessageRow, b: MessageRow) => a.visible - b.visible || a.seq - b.seq;
      const quiet = [null, ...groups.filter((group) => !noisy.has(group))].flatMap(visibleOf).sort(older);
      const loud = [...noisy].sort(([, a], [, b]) => a - b).flatMap(([group]) => visibleOf(group));
      return [...quiet, ...loud].slice(0, most);
    },
  };
}
