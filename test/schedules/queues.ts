import { createHash } from 'node:crypto';
import { QUEUES, type QueueName } from './schedule.ts';

export interface Message {
  id: string;
  body: string;
  group: string | undefined;
  sentAt: number;
  visibleAt: number;
  receives: number;
  /** In flight since it was received last. */
  handle: string | undefined;
  /** Comes a second time, so many milliseconds after it was deleted. */
  again: number | undefined;
}

interface Queue {
  name: string;
  fifo: boolean;
  visibilityMs: number;
  /** `null`: nothing ever gives up here. */
  maxReceives: number | null;
  dead: Queue | null;
  messages: Message[];
  sent: number;
  /** Deduplication ids, and when they came. */
  known: Map<string, number>;
}

/** As deployed (a test compares them): how long a function may take in seconds, and how often a message may be received. */
export const QUEUE_SETTINGS: Record<QueueName, { timeout: number; maxReceives: number }> = {
  ingest: { timeout: 120, maxReceives: 5 },
  describe: { timeout: 90, maxReceives: 1000 },
  faces: { timeout: 120, maxReceives: 20 },
  organize: { timeout: 60, maxReceives: 10 },
  jobs: { timeout: 900, maxReceives: 1000 },
};
export const VISIBILITY_PER_TIMEOUT = 6;
const DEDUPLICATED_MS = 5 * 60_000;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** What happens to a message on its way; `delay` in milliseconds. */
export type Fate = (queue: QueueName, number: number) => { lost?: boolean; delay?: number; again?: number };

/**
 * The queues of a stack, in memory: visibility, receive counts, dead letters, groups and deduplication of FIFO queues. Their clock is
 * `now`, in milliseconds; their URLs begin with `host`.
 */
export function createWorldQueues(host: string, now: () => number, fate: Fate) {
  let ids = 0;
  const all = new Map<string, Queue>();
  const lostBodies: string[] = [];
  function open(name: string, fifo: boolean, rest: Pick<Queue, 'visibilityMs' | 'maxReceives' | 'dead'>): Queue {
    const queue: Queue = { name, fifo, messages: [], sent: 0, known: new Map(), ...rest };
    all.set(name, queue);
    return queue;
  }
  for (const name of QUEUES) {
    const fifo = name === 'organize';
    const dead = open(`${name}-dead`, fifo, { visibilityMs: 30_000, maxReceives: null, dead: null });
    const { timeout, maxReceives } = QUEUE_SETTINGS[name];
    open(name, fifo, { visibilityMs: VISIBILITY_PER_TIMEOUT * timeout * 1000, maxReceives, dead });
  }
  const urlOf = (name: string) => `${host}/${name}`;
  function at(url: unknown): Queue {
    const queue = all.get(String(url).slice(host.length + 1));
    if (!queue) throw new Error(`There is no queue ${String(url)}`);
    return queue;
  }
  const of = (name: QueueName) => at(urlOf(name));

  function send(queue: Queue, body: string, group?: string, deduplication?: string): Message {
    ids += 1;
    const { lost, delay = 0, again } = queue.dead ? fate(queue.name as QueueName, queue.sent) : {};
    const message: Message = {
      id: `message-${ids}`,
      body,
      group,
      sentAt: now(),
      visibleAt: now() + (queue.fifo ? 0 : delay),
      receives: 0,
      handle: undefined,
      again,
    };
    const key = `${group} ${deduplication}`;
    if (queue.fifo) {
      const known = queue.known.get(key);
      if (known !== undefined && known > now() - DEDUPLICATED_MS) return message;
      queue.known.set(key, now());
    }
    queue.sent += 1;
    if (lost) lostBodies.push(body);
    else queue.messages.push(message);
    return message;
  }

  /** What could be received now, the oldest first; of a group only what no message before it holds up. */
  function visible(queue: Queue): Message[] {
    const held = new Set<string | undefined>();
    return queue.messages.filter((message) => {
      const free = message.visibleAt <= now() && !(queue.fifo && held.has(message.group));
      if (!free) held.add(message.group);
      return free;
    });
  }

  function receive(queue: Queue, messages: readonly Message[], visibilityMs = queue.visibilityMs): Message[] {
    const received: Message[] = [];
    for (const message of messages) {
      if (queue.maxReceives !== null && message.receives >= queue.maxReceives) {
        queue.messages.splice(queue.messages.indexOf(message), 1);
        queue.dead?.messages.push({ ...message, receives: 0, handle: undefined, visibleAt: now() });
        continue;
      }
      message.receives += 1;
      ids += 1;
      message.handle = `${message.id}/${ids}`;
      message.visibleAt = now() + visibilityMs;
      received.push(message);
    }
    return received;
  }

  const held = (queue: Queue, handle: unknown) => queue.messages.find(({ id }) => String(handle).startsWith(`${id}/`));

  function remove(queue: Queue, message: Message): void {
    const index = queue.messages.indexOf(message);
    if (index < 0) return;
    if (message.again === undefined) queue.messages.splice(index, 1);
    else {
      // Of a FIFO queue only where the deletion got lost.
      const hidden = queue.fifo ? queue.visibilityMs : message.again;
      Object.assign(message, { visibleAt: now() + hidden, again: undefined, handle: undefined });
    }
  }

  return {
    urlOf,
    /** Puts what no function sends: the events of the bucket. */
    put: (name: QueueName, body: unknown) => void send(of(name), JSON.stringify(body)),
    /** Puts what an operator sends. */
    ask: (name: QueueName, body: unknown, group: string, deduplication: string) =>
      void send(of(name), JSON.stringify(body), group, deduplication),
    visible: (name: QueueName) => visible(of(name)),
    receive: (name: QueueName, messages: readonly Message[]) => receive(of(name), messages),
    remove: (name: QueueName, messages: readonly Message[]) => {
      for (const message of messages) remove(of(name), message);
    },
    /** Delivered although it is being worked on: queues do that now and then. */
    show: (messages: readonly Message[]) => {
      for (const message of messages) message.visibleAt = now();
    },
    /** Delivered once more after it has been worked on. */
    repeat: (messages: readonly Message[]) => {
      for (const message of messages) message.again = 0;
    },
    /** All dead letters go back to where they came from, as operators send them. */
    redrive(): void {
      for (const queue of all.values())
        for (const { body, group } of queue.dead?.messages.splice(0) ?? [])
          send(queue, body, group, queue.fifo ? `redriven ${ids}` : undefined);
    },
    /** When the next message that is hidden now comes back. */
    nextAt(): number | null {
      const times = QUEUES.flatMap((name) => of(name).messages.map(({ visibleAt }) => visibleAt));
      const later = times.filter((time) => time > now());
      return later.length > 0 ? Math.min(...later) : null;
    },
    left: () => QUEUES.flatMap((name) => of(name).messages.map(({ body }) => `${name}: ${body}`)),
    /** Of messages that never came. */
    lost: (): readonly string[] => lostBodies,
    dead: (name: QueueName) => (of(name).dead?.messages ?? []).map(({ body }) => body),

    /** Answers what a function asks of SQS, as its JSON protocol does. */
    answer(operation: string, asked: Record<string, unknown>): object {
      const queue = at(asked.QueueUrl);
      switch (operation) {
        case 'SendMessage': {
          const body = String(asked.MessageBody);
          const group = asked.MessageGroupId as string | undefined;
          const { id } = send(queue, body, group, asked.MessageDeduplicationId as string | undefined);
          return { MessageId: id, MD5OfMessageBody: md5(body) };
        }
        case 'SendMessageBatch': {
          const entries = asked.Entries as Record<string, string>[];
          const Successful = entries.map(({ Id, MessageBody = '', MessageGroupId, MessageDeduplicationId }) => ({
            Id,
            MessageId: send(queue, MessageBody, MessageGroupId, MessageDeduplicationId).id,
            MD5OfMessageBody: md5(MessageBody),
          }));
          return { Successful };
        }
        case 'ReceiveMessage': {
          const most = Number(asked.MaxNumberOfMessages ?? 1);
          const hidden = asked.VisibilityTimeout === undefined ? undefined : Number(asked.VisibilityTimeout) * 1000;
          const messages = receive(queue, visible(queue).slice(0, most), hidden);
          return {
            Messages: messages.map(({ id, body, handle }) => ({
              MessageId: id,
              ReceiptHandle: handle,
              Body: body,
              MD5OfBody: md5(body),
            })),
          };
        }
        case 'DeleteMessage': {
          const message = held(queue, asked.ReceiptHandle);
          if (message) remove(queue, message);
          return {};
        }
        case 'ChangeMessageVisibility': {
          const message = held(queue, asked.ReceiptHandle);
          if (message) message.visibleAt = now() + Number(asked.VisibilityTimeout) * 1000;
          return {};
        }
        case 'GetQueueAttributes': {
          const hidden = queue.messages.filter(({ visibleAt }) => visibleAt > now()).length;
          return {
            Attributes: {
              ApproximateNumberOfMessages: String(queue.messages.length - hidden),
              ApproximateNumberOfMessagesNotVisible: String(hidden),
              ApproximateNumberOfMessagesDelayed: '0',
            },
          };
        }
        default:
          throw new Error(`Nobody has asked a queue for ${operation} before`);
      }
    },
  };
}
export type WorldQueues = ReturnType<typeof createWorldQueues>;
