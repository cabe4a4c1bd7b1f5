import { createHash } from 'node:crypto';
import type { APIGatewayProxyResult, Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { gatewayEvent } from '../support/gateway-event.ts';
import { type Asked, createActs, type Reply } from './acts.ts';
import { pending } from './clearing.ts';
import type { Invocation } from './edge.ts';
import { coldStart, type Handlers } from './functions.ts';
import { createWorldQueues, type Message, QUEUE_SETTINGS } from './queues.ts';
import { type Fault, FUNCTIONS, type FunctionName, QUEUES, type QueueName, type Schedule } from './schedule.ts';
import type { Stage } from './stage.ts';

const SWEEP_MS = 5 * 60_000;
export const STALE_MS = 900_000;
const MOST_SKEW_MS = 600_000;
/** Of organize, as its event source is set up; of the others one. */
const ORGANIZE_BATCH = 10;
/** Deliveries while one stretch of time passes: what goes round for ever must not hang the harness. */
const MOST_TURNS = 60;
const TIMEOUT_SECONDS: Record<FunctionName, number> = {
  api: 29,
  sweep: 240,
  ...(Object.fromEntries(QUEUES.map((name) => [name, QUEUE_SETTINGS[name].timeout])) as Record<QueueName, number>),
};

interface Ending<T> {
  value?: T;
  error?: unknown;
}

/** Something that goes on beside the others: an invocation that stands still, and what is to be done once it has ended. */
interface Going {
  invocation: Invocation;
  /** What a person does by it. */
  act: Acting | undefined;
}

interface Acting {
  over: Promise<void>;
}

export type Trace = (line: string) => void;

/** Plays a schedule, and lets what it began come to rest. Every function is new at the start. */
export function createLife(stage: Stage, schedule: Schedule, users: readonly string[], trace: Trace = () => {}) {
  const { world, time, edge } = stage;
  const random = seededRandom(1);
  const handlers = new Map<FunctionName, Handlers[FunctionName]>();
  const runs = new Map<FunctionName, number>();
  const writes = new Map<FunctionName, number>();
  const requests = createHash('sha256');
  const going: Going[] = [];
  const acting: Acting[] = [];
  /** Whose calls of the API are made now. */
  let actor: Acting | undefined;
  /** Told when a call of the API stands still. */
  let stood = () => {};
  const closed = new Set<string>();
  const problems: string[] = [];
  let faults: readonly Fault[] = schedule.faults;
  let turn = 0;
  let asked = 0;

  const queues = createWorldQueues(world.aws.endpoints.sqs, time.now, (queue, number) => {
    const mine = faults.filter(
      (fault) => fault.kind === 'message' && fault.queue === queue && fault.message === number,
    ) as Extract<Fault, { kind: 'message' }>[];
    const how = (name: string) => mine.find((fault) => fault.how === name);
    const [twice, late] = [how('twice'), how('late')];
    return {
      // What a function has sent, a queue has; what S3 sends may get lost on the way.
      lost: queue === 'ingest' && how('lost') !== undefined,
      ...(late && { delay: late.seconds * 1000 }),
      ...(twice && { again: twice.seconds * 1000 }),
    };
  });
  stage.direct({
    queues,
    random,
    turn: () => turn,
    sent(line) {
      requests.update(`${line}\n`);
      if (process.env.SCHEDULES_REQUESTS) trace(line);
    },
    azureFault() {
      const call = asked;
      asked += 1;
      for (const fault of faults)
        if (fault.kind === 'azure' && call >= fault.call && call < fault.call + fault.calls) return fault.how;
      return undefined;
    },
    isOut: (service) =>
      faults.some(
        (fault) =>
          fault.kind === 'outage' && fault.service === service && turn >= fault.turn && turn < fault.turn + fault.turns,
      ),
    pictureOf: (imageId) => acts.uploads.find((upload) => upload.imageId === imageId)?.picture ?? 0,
    created(key) {
      if (!key.startsWith('incoming/')) return;
      const object = { key: encodeURIComponent(key).replaceAll('%2F', '/') };
      queues.put('ingest', { Records: [{ eventSource: 'aws:s3', s3: { object } }] });
    },
  });

  // In the time of this life, not of the one before it.
  let sweptAt = time.now();

  async function handlerOf<Name extends FunctionName>(fn: Name): Promise<Handlers[Name]> {
    const known = handlers.get(fn);
    if (known) return known as Handlers[Name];
    Object.assign(process.env, stage.environment(schedule.encrypted, fn));
    const handler = await coldStart(fn);
    handlers.set(fn, handler);
    return handler;
  }

  function open(fn: FunctionName, imageId?: string): Invocation {
    const run = runs.get(fn) ?? 0;
    runs.set(fn, run + 1);
    const mine = faults.filter((fault) => {
      if (fault.kind === 'kill' || fault.kind === 'fail')
        return fault.fn === fn && run >= fault.run && run < fault.run + fault.runs;
      if (fault.kind === 'strike') return fault.fn === fn;
      return fault.kind === 'hold' && fault.fn === fn && fault.run === run;
    });
    const skew = faults.find((fault) => fault.kind === 'skew' && fault.fn === fn);
    return {
      fn,
      run,
      startedAt: time.now(),
      requests: 0,
      calls: new Map(),
      state: 'running',
      skewMs: skew?.kind === 'skew' ? skew.seconds * 1000 : 0,
      faults: mine,
      imageId,
      wakesAt: 0,
      wake: () => {},
      twice: false,
      open: new Set(),
      changed: () => {},
      hurt: false,
      nextWrite() {
        const number = writes.get(fn) ?? 0;
        writes.set(fn, number + 1);
        return number;
      },
      back: undefined,
    };
  }

  /** Runs a function until it ends, dies or stands still; `end` is told when it has ended, `null` where it died. */
  async function invoke<T>(
    invocation: Invocation,
    work: () => Promise<T>,
    end: (ending: Ending<T> | null) => void,
  ): Promise<void> {
    const finish = (ending: Ending<T> | null) => {
      const how = ending === null ? 'died' : ending.error ? `failed: ${String(ending.error)}` : 'ended';
      trace(`${stamp()}   ${invocation.fn}#${invocation.run} ${how} after ${invocation.requests} requests`);
      end(ending);
    };
    edge
      .run(invocation, work)
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      .then((ending) => {
        if (invocation.state === 'dead') return;
        invocation.state = 'over';
        finish(ending);
        invocation.changed();
      });
    going.push({ invocation, act: invocation.fn === 'api' ? actor : undefined });
    await settle(invocation, finish);
  }

  /** Waits until an invocation is not running any more. */
  async function settle(invocation: Invocation, finish?: (ending: null) => void): Promise<void> {
    if (invocation.state === 'running')
      await new Promise<void>((resolve) => {
        invocation.changed = resolve;
      });
    if (invocation.state === 'held' || invocation.state === 'dead') {
      // What it has sent before arrives.
      await Promise.allSettled([...invocation.open]);
    }
    if (invocation.state === 'held') {
      // Whoever comes next has a process of its own.
      handlers.delete(invocation.fn);
      trace(`${stamp()}   ${invocation.fn}#${invocation.run} stands still at request ${invocation.requests}`);
      if (invocation.fn === 'api') stood();
    }
    if (finish) deaths.set(invocation, () => finish(null));
    if (invocation.state === 'dead') bury(invocation);
    if (invocation.state === 'over') forget(invocation);
  }
  const deaths = new Map<Invocation, () => void>();

  /** A process that died takes what it remembered along. */
  function bury(invocation: Invocation): void {
    handlers.delete(invocation.fn);
    deaths.get(invocation)?.();
    forget(invocation);
  }

  function forget(invocation: Invocation): void {
    deaths.delete(invocation);
    const index = going.findIndex((each) => each.invocation === invocation);
    if (index >= 0) going.splice(index, 1);
  }

  /** Lets those go on that have stood still for long enough; those whose time is up are ended. */
  async function wakeUp(all = false): Promise<void> {
    for (const { invocation, act } of [...going]) {
      if (invocation.state !== 'held') continue;
      if (time.now() - invocation.startedAt > TIMEOUT_SECONDS[invocation.fn] * 1000) {
        invocation.state = 'dead';
        bury(invocation);
      } else if (all || invocation.wakesAt <= turn) {
        invocation.state = 'running';
        const { wake } = invocation;
        invocation.wake = () => {};
        wake();
        if (act) actor = act;
        await settle(invocation);
      }
      if (act) await goOn(act);
    }
  }

  const stamp = () => `${new Date(time.now()).toISOString().slice(8, 23)} t${turn}`;
  const context = {
    awsRequestId: 'request',
    functionName: 'function',
    getRemainingTimeInMillis: () => 240_000,
  } as Context;

  async function deliver(name: QueueName, messages: readonly Message[]): Promise<void> {
    const batch = queues.receive(name, messages);
    if (batch.length === 0) return;
    turn += 1;
    const [first] = batch;
    const imageId = imageIn(first?.body ?? '');
    const invocation = open(name, imageId);
    trace(
      `${stamp()} ${name}#${invocation.run} ${batch.map(({ body, receives }) => `${receives}x ${body}`).join(' | ')}`,
    );
    const handler = await handlerOf(name);
    await invoke<SQSBatchResponse>(
      invocation,
      () => handler(eventOf(name, batch), context),
      (ending) => {
        if (!ending?.value) return;
        const failed = new Set(ending.value.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        if (failed.size > 0) trace(`${stamp()}   left in the queue: ${failed.size}`);
        queues.remove(
          name,
          batch.filter(({ id }) => !failed.has(id)),
        );
      },
    );
    if (invocation.twice && name !== 'organize') {
      invocation.twice = false;
      queues.show(batch);
      await deliver(name, batch);
    }
    const { back } = invocation;
    if (invocation.state !== 'dead' || back === undefined || back === 'later') return;
    if (back === 'twice') queues.repeat(batch);
    queues.show(batch);
    await deliver(name, batch);
  }

  /** One delivery of what could come now; `false` where nothing could. */
  async function turnOn(pick: number): Promise<boolean> {
    await wakeUp();
    const waiting = QUEUES.flatMap((name) => queues.visible(name).map((message) => ({ name, message })));
    waiting.sort((a, b) => a.message.visibleAt - b.message.visibleAt);
    const chosen = waiting[pick % Math.max(1, waiting.length)];
    if (!chosen) {
      turn += 1;
      return going.length > 0;
    }
    const { name, message } = chosen;
    const batch = name === 'organize' ? queues.visible(name).slice(0, ORGANIZE_BATCH) : [message];
    await deliver(name, batch);
    return true;
  }

  /** Whether sweep could find anything: most runs would not, and cost forty requests each. */
  async function isAnythingToSweep(): Promise<boolean> {
    if (QUEUES.some((name) => queues.dead(name).length > 0)) return true;
    const listed = await pending(world);
    return listed.some(({ since }) => Date.parse(since) < time.now() - STALE_MS + MOST_SKEW_MS);
  }

  async function sweep(): Promise<void> {
    sweptAt = time.now();
    turn += 1;
    const invocation = open('sweep');
    trace(`${stamp()} sweep#${invocation.run}`);
    const handler = await handlerOf('sweep');
    await invoke(
      invocation,
      () => handler({}, context),
      (ending) => {
        if (ending?.error && !invocation.hurt) problems.push(`sweep failed: ${reasonsOf(ending.error)}`);
      },
    );
  }

  /** Lets time pass, with all that is due in it. */
  async function pass(seconds: number, most = MOST_TURNS): Promise<void> {
    const until = time.now() + seconds * 1000;
    for (let turns = 0; turns < most; turns += 1) {
      if (await turnOn(0)) continue;
      const next = Math.min(queues.nextAt() ?? Number.POSITIVE_INFINITY, Math.max(time.now() + 1, sweptAt + SWEEP_MS));
      if (next > until) break;
      time.advance(next - time.now());
      if (time.now() < sweptAt + SWEEP_MS) continue;
      if (await isAnythingToSweep()) await sweep();
      else sweptAt = time.now();
    }
    if (time.now() < until) time.advance(until - time.now());
  }

  async function call(user: string, method: string, path: string, request: Asked = {}): Promise<Reply | null> {
    turn += 1;
    const invocation = open('api');
    trace(`${stamp()} api#${invocation.run} ${user} ${method} ${path}`);
    const handler = await handlerOf('api');
    const headers = { Authorization: 'Bearer token', ...request.headers };
    const event = gatewayEvent(method, path, { ...request, headers, as: user });
    return new Promise<Reply | null>((resolve) => {
      void invoke<APIGatewayProxyResult>(
        invocation,
        () => handler(event, context),
        (ending) => {
          if (!ending?.value) return resolve(null);
          const { statusCode: status, body } = ending.value;
          trace(`${stamp()}   ${method} ${path}: ${status}`);
          if (status >= 500 && !invocation.hurt) problems.push(`${method} ${path} answered ${status}: ${body}`);
          resolve({ status, json: () => JSON.parse(body) as Record<string, unknown> });
        },
      );
    });
  }

  const acts = createActs(world, users, call, {
    redrive: queues.redrive,
    rebuild: (event) => queues.ask('organize', event, event.user_id, event.event_id),
  });

  /** Begins an act and waits until it has ended, or stands still. */
  async function begin(step: Schedule['steps'][number]): Promise<void> {
    const user = users[step.act.user] ?? '';
    if (closed.has(user)) return;
    if (step.act.what === 'close-account') closed.add(user);
    const act: Acting = { over: Promise.resolve() };
    actor = act;
    act.over = acts.act(step.act).catch((error: unknown) => {
      problems.push(`${step.act.what} failed: ${String(error)}`);
    });
    acting.push(act);
    await goOn(act);
  }

  /** Until somebody has done what they do, or it stands still. */
  async function goOn(act: Acting): Promise<void> {
    if (going.some((each) => each.act === act && each.invocation.state === 'held')) return;
    actor = act;
    const still = new Promise<void>((resolve) => {
      stood = resolve;
    });
    await Promise.race([act.over, still]);
  }

  return {
    queues,
    uploads: acts.uploads,
    closed,
    problems,
    pass,
    sweep,
    turns: () => turn,
    /** Of all requests of its functions, in their order. */
    digest: () => requests.copy().digest('hex'),
    writes: () => Object.fromEntries(FUNCTIONS.map((fn) => [fn, writes.get(fn) ?? 0])),
    runs: () => Object.fromEntries(FUNCTIONS.map((fn) => [fn, runs.get(fn) ?? 0])),

    async play(): Promise<void> {
      for (const step of schedule.steps) {
        await begin(step);
        for (let deliveries = 0; deliveries < step.work; deliveries += 1) await turnOn(step.pick);
        if (step.wait > 0) await pass(step.wait);
      }
      // Faults that take several deliveries get them.
      if (faults.length > 0) await pass(4000, 2 * MOST_TURNS);
    },

    /** From now on nothing goes wrong, and what has begun goes on. */
    async mend(): Promise<void> {
      faults = [];
      for (const { invocation } of going) invocation.faults = [];
      while (going.length > 0) await wakeUp(true);
      await Promise.all(acting.map(({ over }) => over));
    },
  };
}
export type Life = ReturnType<typeof createLife>;

const reasonsOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map(String).join('; ') : String(error);

function imageIn(body: string): string | undefined {
  return /([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})/.exec(body)?.[1];
}

function eventOf(name: QueueName, messages: readonly Message[]): SQSEvent {
  return {
    Records: messages.map(({ id, handle = '', body, group, sentAt, receives }) => ({
      messageId: id,
      receiptHandle: handle,
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: String(sentAt),
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: String(sentAt),
        ...(group !== undefined && { MessageGroupId: group }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:${name}`,
      awsRegion: 'eu-central-1',
    })),
  };
}
