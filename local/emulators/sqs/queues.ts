import type { DatabaseSync } from 'node:sqlite';
import { AwsError } from '../errors.ts';

/** A queue as it is stored: attributes as the caller gave them (unscaled), over SQS's defaults. */
export interface Queue {
  name: string;
  arn: string;
  fifo: boolean;
  attributes: Record<string, string>;
  created: number;
  modified: number;
}

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

const DEFAULTS: Record<string, string> = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
};
const FIFO_DEFAULTS: Record<string, string> = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
};
const RANGES: Record<string, [number, number]> = {
  VisibilityTimeout: [0, 43_200],
  DelaySeconds: [0, 900],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};
const FREE = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId', 'SqsManagedSseEnabled'];

export interface QueueStore {
  /** Makes a queue, or answers the existing one if no given attribute differs. @throws AwsError QueueNameExists */
  create(name: string, attributes: Record<string, string>, tags: Record<string, string>): Queue;
  /** @throws AwsError QueueDoesNotExist */
  get(name: string): Queue;
  find(name: string): Queue | undefined;
  setAttributes(name: string, attributes: Record<string, string>): void;
  remove(name: string): void;
  list(prefix: string): Queue[];
  tags(name: string): Record<string, string>;
  setTags(name: string, tags: Record<string, string>): void;
}

/** The redrive policy of a queue, if it has one. SQS takes `maxReceiveCount` as a number or a string. */
export function redrivePolicy(queue: Queue): RedrivePolicy | undefined {
  const text = queue.attributes.RedrivePolicy;
  if (!text) return undefined;
  const policy = JSON.parse(text) as { deadLetterTargetArn: string; maxReceiveCount: number | string };
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount: Number(policy.maxReceiveCount) };
}

/** The queue's name in its ARN or URL. */
export function queueNameOf(arnOrUrl: string): string {
  return arnOrUrl.split(/[:/]/).at(-1) ?? '';
}

/** Queues and their attributes over SQLite; `arnPrefix` is `arn:aws:sqs:<region>:<account>`. */
export function openQueues(database: DatabaseSync, arnPrefix: string, clock: () => Date): QueueStore {
  const select = database.prepare('SELECT * FROM queues WHERE name = ?');
  const selectAll = database.prepare('SELECT * FROM queues WHERE substr(name, 1, length(?)) = ? ORDER BY name');
  const insert = database.prepare(
    'INSERT INTO queues (name, attributes, tags, created, modified) VALUES (?, ?, ?, ?, ?)',
  );
  const update = database.prepare('UPDATE queues SET attributes = ?, modified = ? WHERE name = ?');
  const updateTags = database.prepare('UPDATE queues SET tags = ? WHERE name = ?');
  const remove = database.prepare('DELETE FROM queues WHERE name = ?');

  const toQueue = (row: Record<string, unknown>): Queue => ({
    name: String(row.name),
    arn: `${arnPrefix}:${row.name}`,
    fifo: String(row.name).endsWith('.fifo'),
    attributes: JSON.parse(String(row.attributes)),
    created: Number(row.created),
    modified: Number(row.modified),
  });
  const find = (name: string): Queue | undefined => {
    const row = select.get(name);
    return row === undefined ? undefined : toQueue(row);
  };
  const get = (name: string): Queue => {
    const queue = find(name);
    if (!queue) throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: '${name}'.`);
    return queue;
  };

  function check(name: string, attributes: Record<string, string>): void {
    const fifo = name.endsWith('.fifo');
    for (const [key, value] of Object.entries(attributes)) {
      const range = RANGES[key];
      const number = Number(value);
      if (range && (!Number.isInteger(number) || number < range[0] || number > range[1])) {
        throw new AwsError('InvalidAttributeValue', `${key} is '${value}'; expected ${range[0]} to ${range[1]}.`);
      }
      if (!range && !FREE.includes(key) && !(fifo && key in FIFO_DEFAULTS)) {
        throw new AwsError('InvalidAttributeName', `Unknown Attribute ${key}.`);
      }
    }
    if (attributes.RedrivePolicy) checkRedrive(name, attributes.RedrivePolicy);
  }

  function checkRedrive(name: string, text: string): void {
    const bad = (reason: string) =>
      new AwsError('InvalidParameterValue', `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`);
    let policy: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown };
    try {
      policy = JSON.parse(text);
    } catch {
      throw bad('it is not JSON.');
    }
    const count = Number(policy.maxReceiveCount);
    if (!Number.isInteger(count) || count < 1 || count > 1_000) throw bad('maxReceiveCount must be 1 to 1000.');
    const target = queueNameOf(String(policy.deadLetterTargetArn));
    if (!find(target)) throw bad('Dead letter target does not exist.');
    if (target.endsWith('.fifo') !== name.endsWith('.fifo')) {
      throw bad('the dead-letter queue of a FIFO queue must be FIFO, and of a standard queue standard.');
    }
  }

  return {
    find,
    get,
    create(name, attributes, tags) {
      if (!/^[\w-]{1,80}$/.test(name.replace(/\.fifo$/, '')) || name.length > 80) {
        throw new AwsError(
          'InvalidParameterValue',
          `'${name}' is no queue name: 1 to 80 letters, digits, - and _ (.fifo).`,
        );
      }
      if (attributes.FifoQueue === 'true' && !name.endsWith('.fifo')) {
        throw new AwsError('InvalidParameterValue', `The name of a FIFO queue must end with .fifo; got '${name}'.`);
      }
      if (name.endsWith('.fifo') && attributes.FifoQueue !== 'true') {
        throw new AwsError('InvalidParameterValue', `'${name}' may only end with .fifo if FifoQueue is 'true'.`);
      }
      const existing = find(name);
      if (existing) {
        const differing = Object.keys(attributes).find((key) => existing.attributes[key] !== attributes[key]);
        if (!differing) return existing;
        throw new AwsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${differing}`,
        );
      }
      check(name, attributes);
      const all = { ...DEFAULTS, ...(name.endsWith('.fifo') ? FIFO_DEFAULTS : {}), ...attributes };
      const now = clock().getTime();
      insert.run(name, JSON.stringify(all), JSON.stringify(tags), now, now);
      return get(name);
    },
    setAttributes(name, attributes) {
      const queue = get(name);
      check(name, attributes);
      const all = { ...queue.attributes, ...attributes };
      // An empty policy takes the policy away.
      for (const key of ['RedrivePolicy', 'RedriveAllowPolicy', 'Policy']) if (all[key] === '') delete all[key];
      update.run(JSON.stringify(all), clock().getTime(), name);
    },
    remove(name) {
      get(name);
      remove.run(name);
    },
    list: (prefix) => selectAll.all(prefix, prefix).map(toQueue),
    tags: (name) => JSON.parse(String(select.get(get(name).name)?.tags ?? '{}')),
    setTags: (name, tags) => void updateTags.run(JSON.stringify(tags), get(name).name),
  };
}
