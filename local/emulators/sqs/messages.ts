import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../database.ts';
import { AwsError } from '../errors.ts';
import { checkCharacters, type MessageAttribute, messageBytes } from './digest.ts';
import { createFairness } from './fairness.ts';
import { type Queue, queueNameOf, redrivePolicy } from './queues.ts';
import type { MessageRow } from './schema.ts';

const DEDUPLICATION_MS = 5 * 60_000;

export interface NewMessage {
  body: string;
  attributes: Record<string, MessageAttribute>;
  groupId: string | undefined;
  deduplicationId: string | undefined;
  delaySeconds: number | undefined;
}

/** What goes wrong with a message on its way into a queue. */
export interface Detour {
  /** It is accepted, and never comes. */
  readonly lost: boolean;
  /** It comes so many times more; on a standard queue only. */
  readonly copies: number;
  /** It comes so much later; those behind it in its group wait for it on a FIFO queue. */
  readonly heldMs: number;
}

export interface MessageStore {
  /** Stores one message. @throws AwsError for what SQS refuses */
  send(queue: Queue, message: NewMessage, detour?: Detour): { id: string; sequenceNumber: string };
  /** Takes up to `most` visible messages; those over the redrive limit go to the dead-letter queue instead. */
  receive(queue: Queue, most: number, visibilitySeconds: number): MessageRow[];
  /**
   * Deletes the message of a receipt. An unknown or replaced receipt deletes nothing, as SQS has it.
   * @throws AwsError InvalidParameterValue on a FIFO queue once the visibility timeout has passed
   */
  delete(queue: Queue, receipt: string): void;
  /** @throws AwsError MessageNotInflight */
  changeVisibility(queue: Queue, receipt: string, seconds: number): void;
  purge(queue: Queue): void;
  counts(queue: Queue): { visible: number; inFlight: number; delayed: number };
  /** When the next hidden message becomes visible (ms since the epoch). */
  nextVisible(queue: Queue): number | undefined;
  /** Makes every in-flight message of every queue visible; answers how many there were. */
  releaseInFlight(): number;
}

/** Messages over SQLite. Every call is one synchronous transaction, so no two callers take the same message. */
export function openMessages(options: {
  database: DatabaseSync;
  clock: () => Date;
  newId: () => string;
  /** Turns the seconds SQS was told into the milliseconds to wait here. */
  scale: (seconds: number) => number;
  timeScale: number;
  findQueue: (name: string) => Queue | undefined;
  /** Called with a queue's name whenever something in it may have become visible. */
  onChange: (queue: string) => void;
}): MessageStore {
  const { database, scale, clock, timeScale } = options;
  const now = () => clock().getTime();
  const fairness = createFairness({ database, clock, scaleMs: (milliseconds) => milliseconds / timeScale });
  const insert = database.prepare(
    `INSERT INTO messages (queue, id, body, attributes, group_id, deduplication_id, sent, visible)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // Of a FIFO queue: visible messages of groups that have no message in flight, the group waiting longest first. None overtakes one
  // of its group that is delayed.
  const selectFifo = database.prepare(
    `WITH open AS (
       SELECT group_id, MIN(seq) AS head, MIN(CASE WHEN visible > ?2 THEN seq END) AS delayed
       FROM messages WHERE queue = ?1 GROUP BY group_id
       HAVING SUM(receipt IS NOT NULL AND visible > ?2) = 0
     )
     SELECT messages.* FROM messages JOIN open USING (group_id)
     WHERE queue = ?1 AND visible <= ?2 AND (delayed IS NULL OR seq < delayed) ORDER BY head, seq LIMIT ?3`,
  );
  const take = database.prepare(
    `UPDATE messages SET receipt = ?, visible = ?, receives = receives + 1, first_received = COALESCE(first_received, ?)
     WHERE seq = ?`,
  );
  const redrive = database.prepare(
    `INSERT INTO messages (queue, id, body, attributes, group_id, deduplication_id, source_arn, sent, visible, receives, first_received)
     SELECT ?, id, body, attributes, group_id, deduplication_id, ?, sent, ?, receives, first_received FROM messages WHERE seq = ?`,
  );
  const removeBySeq = database.prepare('DELETE FROM messages WHERE seq = ?');
  const selectByReceipt = database.prepare(
    'SELECT seq, visible, group_id FROM messages WHERE queue = ? AND receipt = ?',
  );
  const removeExpired = database.prepare('DELETE FROM messages WHERE queue = ? AND sent < ?');
  const removeAll = database.prepare('DELETE FROM messages WHERE queue = ?');
  const hide = database.prepare('UPDATE messages SET visible = ? WHERE queue = ? AND receipt = ? AND visible > ?');
  const count = database.prepare(
    `SELECT COALESCE(SUM(visible <= ?1), 0) AS visible,
            COALESCE(SUM(visible > ?1 AND receipt IS NOT NULL), 0) AS inFlight,
            COALESCE(SUM(visible > ?1 AND receipt IS NULL), 0) AS delayed
     FROM messages WHERE queue = ?2`,
  );
  const next = database.prepare('SELECT MIN(visible) AS at FROM messages WHERE queue = ? AND visible > ?');
  const inFlightQueues = database.prepare(
    'SELECT DISTINCT queue FROM messages WHERE receipt IS NOT NULL AND visible > ?',
  );
  const release = database.prepare(
    'UPDATE messages SET visible = ?1, receipt = NULL WHERE receipt IS NOT NULL AND visible > ?1',
  );
  const selectDuplicate = database.prepare('SELECT * FROM deduplications WHERE queue = ? AND id = ? AND expires > ?');
  const insertDuplicate = database.prepare('INSERT OR REPLACE INTO deduplications VALUES (?, ?, ?, ?, ?)');
  const removeDuplicates = database.prepare('DELETE FROM deduplications WHERE expires <= ?');

  /** The id under which a repeat would be dropped; undefined on a standard queue. */
  function deduplicationId(queue: Queue, message: NewMessage): string | undefined {
    if (!queue.fifo) {
      if (message.deduplicationId === undefined) return undefined;
      throw new AwsError('InvalidParameterValue', 'MessageDeduplicationId is only for FIFO queues.');
    }
    if (message.groupId === undefined) {
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    }
    if (message.delaySeconds) {
      throw new AwsError(
        'InvalidParameterValue',
        `DelaySeconds is ${message.delaySeconds}; a FIFO queue has one delay for all messages.`,
      );
    }
    if (message.deduplicationId !== undefined) return message.deduplicationId;
    if (queue.attributes.ContentBasedDeduplication === 'true') {
      return createHash('sha256').update(message.body).digest('hex');
    }
    throw new AwsError(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }

  function check(queue: Queue, message: NewMessage): void {
    if (message.body === '')
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    checkCharacters(message.body);
    const most = Number(queue.attributes.MaximumMessageSize);
    if (messageBytes(message.body, message.attributes) > most) {
      throw new AwsError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
      );
    }
    for (const [name, value] of Object.entries({
      MessageGroupId: message.groupId,
      MessageDeduplicationId: message.deduplicationId,
    })) {
      if (value !== undefined && !/^[\x21-\x7e]{1,128}$/.test(value)) {
        throw new AwsError('InvalidParameterValue', `${name} '${value}' must be 1 to 128 printable ASCII characters.`);
      }
    }
  }

  function byReceipt(queue: Queue, receipt: string) {
    return selectByReceipt.get(queue.name, receipt) as Pick<MessageRow, 'seq' | 'visible' | 'group_id'> | undefined;
  }

  function redriven(queue: Queue, rows: MessageRow[], at: number): MessageRow[] {
    const policy = redrivePolicy(queue);
    const target = policy && options.findQueue(queueNameOf(policy.deadLetterTargetArn));
    if (!policy || !target) return [];
    const over = rows.filter((row) => row.receives >= policy.maxReceiveCount);
    for (const row of over) {
      redrive.run(target.name, queue.arn, at, row.seq);
      removeBySeq.run(row.seq);
      fairness.ended(queue.name, row);
    }
    if (over.length > 0) options.onChange(target.name);
    return over;
  }

  return {
    send(queue, message, detour) {
      check(queue, message);
      const id = deduplicationId(queue, message);
      const at = now();
      const delay = message.delaySeconds ?? Number(queue.attributes.DelaySeconds);
      const scope = queue.attributes.DeduplicationScope === 'messageGroup' ? `${message.groupId}\n` : '';
      const sent = transaction(database, () => {
        removeDuplicates.run(at);
        const earlier = id === undefined ? undefined : selectDuplicate.get(queue.name, scope + id, at);
        if (earlier) return { id: String(earlier.message_id), sequenceNumber: String(earlier.sequence_number) };
        const messageId = options.newId();
        const attributes = JSON.stringify(message.attributes);
        const visible = at + scale(delay) + Math.ceil(detour?.heldMs ?? 0);
        const group = message.groupId ?? null;
        const arrive = () =>
          insert.run(queue.name, messageId, message.body, attributes, group, id ?? null, at, visible).lastInsertRowid;
        const lastInsertRowid = arrive();
        if (detour?.lost) removeBySeq.run(lastInsertRowid);
        else if (!queue.fifo) for (let copy = 0; copy < (detour?.copies ?? 0); copy += 1) arrive();
        const sequenceNumber = String(lastInsertRowid).padStart(20, '0');
        if (id !== undefined)
          insertDuplicate.run(queue.name, scope + id, messageId, sequenceNumber, at + DEDUPLICATION_MS);
        return { id: messageId, sequenceNumber };
      });
      if (!queue.fifo) fairness.sent(queue.name, message.groupId ?? null);
      options.onChange(queue.name);
      return sent;
    },
    receive(queue, most, visibilitySeconds) {
      return transaction(database, () => {
        const at = now();
        removeExpired.run(queue.name, at - Number(queue.attributes.MessageRetentionPeriod) * 1000);
        const select = () =>
          queue.fifo
            ? (selectFifo.all(queue.name, at, most) as unknown as MessageRow[])
            : fairness.select(queue.name, at, most);
        for (;;) {
          const rows = select();
          const moved = redriven(queue, rows, at);
          if (moved.length > 0 && moved.length === rows.length) continue;
          return rows
            .filter((row) => !moved.includes(row))
            .map((row) => {
              const receipt = Buffer.from(`${queue.name} ${row.id} ${options.newId()}`).toString('base64');
              const visible = at + scale(visibilitySeconds);
              take.run(receipt, visible, at, row.seq);
              if (!queue.fifo) fairness.begun(row);
              return { ...row, receipt, visible, receives: row.receives + 1, first_received: row.first_received ?? at };
            });
        }
      });
    },
    delete(queue, receipt) {
      const row = byReceipt(queue, receipt);
      if (!row) return;
      if (queue.fifo && row.visible <= now()) {
        throw new AwsError(
          'InvalidParameterValue',
          'Value for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
        );
      }
      removeBySeq.run(row.seq);
      fairness.ended(queue.name, row);
      options.onChange(queue.name);
    },
    changeVisibility(queue, receipt, seconds) {
      const at = now();
      const { changes } = hide.run(at + scale(seconds), queue.name, receipt, at);
      if (changes === 0) {
        throw new AwsError('MessageNotInflight', 'The message of this receipt handle is not in flight (any more).');
      }
      const row = byReceipt(queue, receipt);
      if (row) fairness.ended(queue.name, row);
      options.onChange(queue.name);
    },
    purge: (queue) => void removeAll.run(queue.name),
    counts: (queue) => count.get(now(), queue.name) as { visible: number; inFlight: number; delayed: number },
    nextVisible: (queue) => (next.get(queue.name, now()) as { at: number | null }).at ?? undefined,
    releaseInFlight() {
      const at = now();
      const queues = inFlightQueues.all(at).map((row) => String(row.queue));
      const { changes } = release.run(at);
      for (const queue of queues) options.onChange(queue);
      return Number(changes);
    },
  };
}
