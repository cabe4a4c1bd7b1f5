import { S3Client } from '@aws-sdk/client-s3';
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { INDEXES } from './table.ts';
import { type Attributes, indexWriteUnits, writeUnits } from './units.ts';

/** What was asked of AWS, and what it is billed by. */
export interface Usage {
  /** Requests by `service:Operation`. */
  requests: Record<string, number>;
  /** DynamoDB's request units: reads of 4 KB (half where eventually consistent), writes of 1 KB; the indexes' writes apart, and counted in `writes`, too. */
  reads: number;
  writes: number;
  index_writes: number;
  /** Bytes of bodies to and from S3, and of vectors to and from S3 Vectors. */
  s3_up: number;
  s3_down: number;
  vector_bytes: number;
  /** How often something was waited for, by the slowest of what was asked at the same time. */
  waits: Record<string, number>;
}

export const noUsage = (): Usage => ({
  requests: {},
  reads: 0,
  writes: 0,
  index_writes: 0,
  s3_up: 0,
  s3_down: 0,
  vector_bytes: 0,
  waits: {},
});

/** Services in the order of how long they take to answer: of those asked side by side the first is what is waited for. */
const SLOWEST = ['s3vectors', 's3', 'sqs', 'secretsmanager', 'sts', 'kms', 'dynamodb'];
const DIMENSION_BYTES = 4;
const METADATA_BYTES = 40;

interface Sent {
  constructor: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any command of any client.
  input: any;
}
// biome-ignore lint/suspicious/noExplicitAny: answers of any command of any client.
type Answered = any;
interface Client {
  config: { serviceId?: string };
}
type Send = (this: Client, command: Sent, ...rest: unknown[]) => Promise<Answered>;

/**
 * Counts what all AWS clients of this process ask, from now on until `stop`. DynamoDB's units are computed as they are billed: of reads by
 * the emulator from the items that were read, of writes here from the item before and after. `table` is a client that is asked for these, and
 * is not counted itself.
 */
export function startMeter(table: DynamoDBDocumentClient, tableName: string) {
  const own = new Set<unknown>([table]);
  let usage = noUsage();
  let underWay = 0;
  let asked = new Set<string>();
  // All clients are made of this one: a method of its prototype is a method of each.
  const base = Object.getPrototypeOf(S3Client.prototype) as { send: Send };
  const { send } = base;

  const bump = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };

  async function itemAt(key: Attributes): Promise<Attributes | null> {
    const Key = { user_id: key.user_id, sk: key.sk };
    return (await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item ?? null;
  }

  function countWrite(before: Attributes | null, after: Attributes | null): void {
    const inIndexes = INDEXES.reduce((sum, index) => sum + indexWriteUnits(index, before, after), 0);
    usage.writes += writeUnits(before, after) + inIndexes;
    usage.index_writes += inIndexes;
  }

  async function write(key: Attributes, run: () => Promise<Answered>): Promise<Answered> {
    const before = await itemAt(key);
    try {
      const answer = await run();
      countWrite(before, await itemAt(key));
      return answer;
    } catch (error) {
      // A condition that does not hold is billed like the write it refused.
      usage.writes += writeUnits(before, null);
      throw error;
    }
  }

  async function writeBatch(writes: readonly Attributes[], run: () => Promise<Answered>): Promise<Answered> {
    const keys = writes.map(({ PutRequest, DeleteRequest }) => (PutRequest?.Item ?? DeleteRequest?.Key) as Attributes);
    const before = await Promise.all(keys.map(itemAt));
    const answer = await run();
    for (const [index, { PutRequest }] of writes.entries()) countWrite(before[index] ?? null, PutRequest?.Item ?? null);
    return answer;
  }

  async function ask(operation: string, input: Answered, run: () => Promise<Answered>): Promise<Answered> {
    switch (operation) {
      case 'Put':
        return write(input.Item, run);
      case 'Update':
      case 'Delete':
        return write(input.Key, run);
      case 'BatchWrite':
        return writeBatch(input.RequestItems[tableName], run);
      case 'Get':
      case 'Query':
      case 'BatchGet': {
        input.ReturnConsumedCapacity = 'TOTAL';
        const answer = await run();
        for (const { CapacityUnits } of [answer.ConsumedCapacity].flat()) usage.reads += CapacityUnits;
        return answer;
      }
      case 'PutObject':
        usage.s3_up += Buffer.byteLength(input.Body);
        return run();
      case 'GetObject': {
        const answer = await run();
        usage.s3_down += answer.ContentLength;
        return answer;
      }
      case 'PutVectors':
        for (const { data } of input.vectors)
          usage.vector_bytes += data.float32.length * DIMENSION_BYTES + METADATA_BYTES;
        return run();
      default:
        return run();
    }
  }

  base.send = async function (command, ...rest) {
    const run = () => send.call(this, command, ...rest);
    if (own.has(this)) return run();
    const service = (this.config.serviceId ?? '').toLowerCase().replaceAll(' ', '');
    const operation = command.constructor.name.replace(/Command$/, '');
    bump(usage.requests, `${service}:${operation}`);
    underWay += 1;
    asked.add(service);
    try {
      return await ask(operation, command.input, run);
    } finally {
      underWay -= 1;
      if (underWay === 0) {
        bump(usage.waits, SLOWEST.find((name) => asked.has(name)) ?? 'others');
        asked = new Set();
      }
    }
  };

  return {
    /** What was counted since the last time this was asked. */
    take(): Usage {
      const taken = usage;
      usage = noUsage();
      return taken;
    },
    stop: () => {
      base.send = send;
    },
  };
}
