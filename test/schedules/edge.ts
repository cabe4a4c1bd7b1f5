import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sharp } from '../../shared/imaging/sharp.ts';
import type { AzureFault, Back, Failure, Fault, FunctionName, Service } from './schedule.ts';

/** One run of a function, as the world around it sees it. */
export interface Invocation {
  fn: FunctionName;
  /** How many of the function were before it. */
  run: number;
  startedAt: number;
  requests: number;
  calls: Map<string, number>;
  state: 'running' | 'held' | 'dead' | 'over';
  skewMs: number;
  faults: Fault[];
  /** The image it is about, where it is about one. */
  imageId: string | undefined;
  /** Turns after which it goes on. */
  wakesAt: number;
  wake: () => void;
  /** Sent to nobody yet: its message is to come a second time, now. */
  twice: boolean;
  /** Requests on their way. */
  open: Set<Promise<unknown>>;
  /** Told whenever its state changes. */
  changed: () => void;
  /** Things that went wrong with it on purpose. */
  hurt: boolean;
  /** Numbers of the next thing its function changes, from 0 on in a life. */
  nextWrite: () => number;
  /** What became of its messages when it died. */
  back: Back | undefined;
}

interface HttpRequest {
  method: string;
  path: string;
  query?: Record<string, unknown>;
  headers: Record<string, string>;
  body?: unknown;
}
interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}
type Handle = (request: HttpRequest, options?: unknown) => Promise<{ response: HttpResponse }>;

export interface Around {
  /** Answers for SQS, in memory. */
  sqs: (operation: string, asked: Record<string, unknown>) => object;
  /** Answers for Azure; `fault` spoils it. */
  azure: (
    path: string,
    body: Record<string, unknown>,
    imageId: string | undefined,
    fault?: AzureFault,
  ) => Promise<Response>;
  azureOrigin: string;
  /** Which way the next question to Azure is spoiled. */
  azureFault: () => AzureFault | undefined;
  isOut: (service: Service) => boolean;
  turn: () => number;
  now: () => number;
  advance: (milliseconds: number) => void;
  /** Numbers from 0 up to, not including, 1. */
  random: () => number;
  /** Told of every request of a function, in the order in which they are sent. */
  sent: (line: string) => void;
}

const MS_PER_REQUEST = 4;
/** Turns of the event loop after which all has happened that an answer leads to, but for what threads do. */
const CALM_TURNS = 3;
async function calm(): Promise<void> {
  for (let turns = 0; turns < CALM_TURNS; turns += 1) {
    await nextTurn();
    const { queue, process: decoding } = sharp.counters();
    if (queue + decoding > 0 || process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) turns = 0;
  }
}

/** A promise that a dead process waits for. */
const never = () => new Promise<never>(() => {});

/**
 * Stands between this process's functions and everybody they speak to: AWS SDKs and `fetch` themselves are left as they are, but what they
 * send passes here. For good: the process is the harness's own. `handler` is any SDK client's request handler.
 */
export function installEdge(handler: object, around: Around) {
  const storage = new AsyncLocalStorage<Invocation>();
  const prototype = Object.getPrototypeOf(handler) as { handle: Handle };
  const { handle } = prototype;

  prototype.handle = function passed(this: object, request, options) {
    const invocation = storage.getStore();
    const asked = identify(request);
    const { service, operation } = asked;
    const forward = async () => {
      if (service === 'sqs')
        return json(200, around.sqs(operation, JSON.parse(text(request.body as Uint8Array))), around.now());
      const answer = await handle.call(this, request, options);
      // Node keeps its own time; SDKs set theirs by what a server says.
      answer.response.headers.date = new Date(around.now()).toUTCString();
      // Whole, as it may come in pieces, at any time.
      const body = await buffer(answer.response.body as Readable);
      return {
        ...answer,
        response: Object.assign(answer.response, { body: Readable.from(body.length > 0 ? [body] : []) }),
      };
    };
    return pass(invocation, asked, forward, (how) => failure(service, how, around.now()));
  };

  const { fetch } = globalThis;
  globalThis.fetch = (async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== around.azureOrigin) return fetch(input, init);
    const invocation = storage.getStore();
    const forward = async () => {
      const fault = around.azureFault();
      if (fault && invocation) invocation.hurt = true;
      if (fault === 'timeout') throw new TypeError('fetch failed');
      return around.azure(url.pathname, JSON.parse(String(init?.body)), invocation?.imageId, fault);
    };
    const asked: Asked = { service: 'azure', operation: url.pathname, about: '', writes: false };
    return pass(invocation, asked, forward, () => Promise.reject(new TypeError('fetch failed')));
  }) as typeof globalThis.fetch;

  const nodeCrypto = createRequire(import.meta.url)('node:crypto') as { randomBytes: (size: number) => Buffer };
  const { randomBytes } = nodeCrypto;
  nodeCrypto.randomBytes = (size) =>
    storage.getStore() ? Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(size))) : randomBytes(size);
  syncBuiltinESMExports();
  const bytes = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
  globalThis.crypto.getRandomValues = (<T extends Uint8Array>(array: T): T => {
    if (!storage.getStore()) return bytes(array as never) as T;
    for (let index = 0; index < array.length; index += 1) array[index] = Math.floor(around.random() * 256);
    return array;
  }) as typeof globalThis.crypto.getRandomValues;
  const { random } = Math;
  // SDKs wait a random time before they try again: here a very short one.
  Math.random = () => (storage.getStore() ? around.random() / 1e6 : random());

  let lane = Promise.resolve();
  /** One request at a time, in the order in which they come: which of two is answered first is no matter of chance. */
  async function enter(): Promise<() => void> {
    const before = lane;
    let leave = () => {};
    lane = new Promise((resolve) => {
      leave = () => void calm().then(resolve);
    });
    await before;
    return leave;
  }

  async function pass<T>(
    invocation: Invocation | undefined,
    { service, operation, about, writes }: Asked,
    forward: () => Promise<T>,
    fail: (how: Failure) => Promise<T>,
  ): Promise<T> {
    if (!invocation) return forward();
    let leave = () => {};
    for (;;) {
      if (invocation.state === 'held') await woken(invocation);
      leave = await enter();
      if (invocation.state !== 'held') break;
      leave();
    }
    if (invocation.state === 'dead' || invocation.state === 'over') {
      leave();
      return never();
    }
    const at = invocation.requests;
    invocation.requests += 1;
    const call = invocation.calls.get(service) ?? 0;
    invocation.calls.set(service, call + 1);
    const write = writes ? invocation.nextWrite() : undefined;
    around.advance(MS_PER_REQUEST);
    around.sent(`${invocation.fn}#${invocation.run}.${at} ${service} ${operation} ${about}`);
    const faults = invocation.faults.filter((fault) => meets(fault, at, service, call));
    const strike = invocation.faults.find((fault) => fault.kind === 'strike' && strikes(fault, write)) as
      | Extract<Fault, { kind: 'strike' }>
      | undefined;
    const kill = faults.find((fault) => fault.kind === 'kill');
    const hold = faults.find((fault) => fault.kind === 'hold');
    const failing = faults.find((fault) => fault.kind === 'fail');

    try {
      if (hold && !hold.applied) {
        leave();
        await stand(invocation, hold);
        leave = await enter();
      }
      if (kill && !kill.applied) return die(invocation);
      if (strike?.how === 'killed-before') return die(invocation, strike.back);
      if (around.isOut(service)) {
        invocation.hurt = true;
        return await fail('unavailable');
      }
      if (failing || (strike && LOST.has(strike.how))) {
        invocation.hurt = true;
        if (failing?.applied || strike) await on(invocation, forward()).catch(() => {});
        return await fail(failing?.how ?? 'timeout');
      }
      const answer = await on(invocation, forward()).then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
      if (hold?.applied) {
        leave();
        await stand(invocation, hold);
      }
      if (kill?.applied) return die(invocation);
      if (strike?.how === 'killed-after') return die(invocation, strike.back);
      if ((invocation.state as string) === 'dead') return never();
      return answer();
    } finally {
      leave();
    }
  }

  async function on<T>(invocation: Invocation, request: Promise<T>): Promise<T> {
    invocation.open.add(request);
    try {
      return await request;
    } finally {
      invocation.open.delete(request);
    }
  }

  function die(invocation: Invocation, back?: Back): Promise<never> {
    invocation.state = 'dead';
    invocation.back = back;
    invocation.hurt = true;
    invocation.changed();
    return never();
  }

  async function stand(invocation: Invocation, { turns, twice }: { turns: number; twice: boolean }): Promise<void> {
    if (invocation.state !== 'running') return woken(invocation);
    invocation.state = 'held';
    invocation.hurt = true;
    invocation.twice = twice;
    invocation.wakesAt = around.turn() + turns;
    const wait = woken(invocation);
    invocation.changed();
    return wait;
  }

  function woken(invocation: Invocation): Promise<void> {
    return new Promise((resolve) => {
      const { wake } = invocation;
      invocation.wake = () => {
        wake();
        resolve();
      };
    });
  }

  return {
    /** Runs something as a function; answers when it has ended, died, or stands still. */
    run: <T>(invocation: Invocation, work: () => Promise<T>): Promise<T> => storage.run(invocation, work),
    skew: () => storage.getStore()?.skewMs ?? 0,
    inside: () => storage.getStore() !== undefined,
  };
}

function meets(fault: Fault, at: number, service: Service, call: number): boolean {
  if (fault.kind === 'kill' || fault.kind === 'hold') return fault.at === at;
  return fault.kind === 'fail' && fault.service === service && call >= fault.at && call < fault.at + fault.times;
}

/** Whose answers get lost, once or so often that SDKs give up. */
const LOST = new Set(['lost', 'lost-for-good']);
const TRIES = 3;

/** Whether the `write`-th thing a function changes in a life is one of those that go wrong. */
function strikes({ writes, how }: Extract<Fault, { kind: 'strike' }>, write: number | undefined): boolean {
  if (write === undefined) return false;
  const tries = how === 'lost-for-good' ? TRIES : 1;
  return writes.some((first) => write >= first && write < first + tries);
}

interface Asked {
  service: Service;
  operation: string;
  /** What it names. */
  about: string;
  /** It changes something. */
  writes: boolean;
}

function identify({ method, path, query = {}, headers, body }: HttpRequest): Asked {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 's3';
  const service = scope as Service;
  const target = headers['x-amz-target']?.split('.').at(-1);
  const operation = target ?? (service === 's3' ? method : path);
  const about = service === 's3' ? `${path}?${Object.entries(query)}` : keysIn(body);
  return {
    service,
    operation,
    about,
    writes: !/^(GET|HEAD|\/?(Get|List|Query|BatchGet|Scan|Receive|Decrypt))/.test(operation),
  };
}

/** Keys of the table that a request names, or the queue it is sent to. */
function keysIn(body: unknown): string {
  if (!(body instanceof Uint8Array || typeof body === 'string')) return '';
  const words = typeof body === 'string' ? body : text(body);
  return [...words.replaceAll(/https?:\/\/[^/"]+/g, '').matchAll(/"(?:user_id|sk|QueueUrl|key)":(?:\{"S":)?"([^"]+)"/g)]
    .map(([, key]) => key)
    .join(' ');
}

const text = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength).toString();

function answered(statusCode: number, type: string, body: string, now: number): { response: HttpResponse } {
  const headers = { 'content-type': type, 'x-amzn-requestid': 'world', date: new Date(now).toUTCString() };
  return { response: { statusCode, headers, body: Readable.from([Buffer.from(body)]) } };
}
const json = (status: number, body: object, now: number) =>
  answered(status, 'application/x-amz-json-1.0', JSON.stringify(body), now);

const THROTTLED: Partial<Record<Service, string>> = {
  dynamodb: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  sqs: 'com.amazonaws.sqs#RequestThrottled',
  s3vectors: 'TooManyRequestsException',
};

/** How each service says that it cannot. */
async function failure(service: Service, how: Failure, now: number): Promise<{ response: HttpResponse }> {
  if (how === 'timeout') throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
  if (service === 's3') {
    const [status, code] = (
      { throttle: [503, 'SlowDown'], error: [500, 'InternalError'], unavailable: [503, 'ServiceUnavailable'] } as const
    )[how];
    return answered(status, 'application/xml', `<Error><Code>${code}</Code><Message>No.</Message></Error>`, now);
  }
  if (how === 'throttle')
    return json(
      service === 's3vectors' ? 429 : 400,
      { __type: THROTTLED[service] ?? 'ThrottlingException', message: 'No.' },
      now,
    );
  return json(
    how === 'error' ? 500 : 503,
    { __type: how === 'error' ? 'InternalServerError' : 'ServiceUnavailableException', message: 'No.' },
    now,
  );
}
