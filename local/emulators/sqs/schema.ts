/** Tables of the queue store. Times are milliseconds since the epoch. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS queues (
  name TEXT PRIMARY KEY,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL REFERENCES queues(name) ON DELETE CASCADE,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  attributes TEXT NOT NULL,
  group_id TEXT,
  deduplication_id TEXT,
  source_arn TEXT,
  sent INTEGER NOT NULL,
  visible INTEGER NOT NULL,
  receipt TEXT UNIQUE,
  receives INTEGER NOT NULL DEFAULT 0,
  first_received INTEGER
);
CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (queue, seq);
CREATE INDEX IF NOT EXISTS messages_by_visible ON messages (queue, visible);
CREATE INDEX IF NOT EXISTS messages_by_group ON messages (queue, group_id, seq);
CREATE INDEX IF NOT EXISTS messages_by_tenant ON messages (queue, group_id, visible, seq);
CREATE INDEX IF NOT EXISTS messages_by_sent ON messages (queue, sent);
CREATE TABLE IF NOT EXISTS deduplications (
  queue TEXT NOT NULL REFERENCES queues(name) ON DELETE CASCADE,
  id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  sequence_number TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (queue, id)
);
CREATE INDEX IF NOT EXISTS deduplications_by_expiry ON deduplications (expires);
`;

export interface MessageRow {
  seq: number;
  queue: string;
  id: string;
  body: string;
  attributes: string;
  group_id: string | null;
  deduplication_id: string | null;
  source_arn: string | null;
  sent: number;
  visible: number;
  receipt: string | null;
  receives: number;
  first_received: number | null;
}
