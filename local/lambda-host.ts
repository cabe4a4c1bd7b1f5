import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import type { FunctionDefinition } from './functions.ts';
import { type LogFile, openLog } from './lambda/log.ts';
import type { FunctionError } from './lambda/messages.ts';
import { createPool, type Pool } from './lambda/pool.ts';
import { type Outcome, startSandbox } from './lambda/sandbox.ts';

/** Events and answers of buffered invocations end at 6 MB (Lambda quotas, "Invocation payload"). */
export const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;

const INIT_TIMEOUT_MS = 30_000;
const PATIENCE_MS = 80;
const IDLE_MS = 120_000;

export type InvocationResult =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };
export type StreamResult =
  | { readonly ok: true; readonly body: Readable }
  | { readonly ok: false; readonly error: FunctionError };

/** Decides which invocations are killed in the middle. */
export interface KillPlan {
  /** After how many answered requests this invocation shall die; `undefined` lets it live. */
  next(functionName: string): number | undefined;
  /** How a planned death went: one that ended before its turn made `requests` requests and is still owed. */
  settle(functionName: string, outcome: { readonly killed: boolean; readonly requests: number }): void;
}

export interface LambdaHostOptions {
  readonly functions: readonly FunctionDefinition[];
  /** Added to every function's environment: endpoints and credentials of the emulators. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  readonly logDir: string;
  readonly kills?: KillPlan;
  /** How many milliseconds the clock of a function is ahead. */
  readonly skewOf?: (functionName: string) => number;
  /** Told of every process that starts, so that a guard can end it. */
  readonly onProcess?: (pid: number, exited: Promise<void>) => void;
  /** Most processes per function. Default: twice the cores, at least 8. */
  readonly maxProcesses?: number;
  readonly clock?: () => Date;
  readonly newId?: () => string;
}

export interface LambdaHost {
  /** Invokes and waits for the whole answer. `event` is serialized to JSON. Throws only for a name it does not know. */
  invoke(name: string, event: unknown): Promise<InvocationResult>;
  /** Invokes and answers as soon as the first byte streams; a failure before that is a result, one after it ends the body. */
  invokeStream(name: string, event: unknown): Promise<StreamResult>;
  /** Path of the file a function logs into. */
  logPath(name: string): string;
  stop(): Promise<void>;
}

interface Hosted {
  readonly definition: FunctionDefinition;
  readonly pool: Pool;
  readonly log: LogFile;
}

/** Lambda's environment variables ("Defined runtime environment variables"), then the host's, then the template's. */
function environmentOf(definition: FunctionDefinition, host: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    ...definition.environment,
    ...host,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: definition.codeDir,
    SHOEBOX_LOCAL_FUNCTION_ARN: definition.arn,
    _HANDLER: definition.handler,
  };
}

const tooLarge = (what: string, bytes: number): FunctionError => ({
  errorType: 'RequestEntityTooLargeException',
  errorMessage: `${what} is ${bytes} bytes, more than the ${PAYLOAD_LIMIT_BYTES} allowed`,
});

/** Runs the stack's functions, each in processes of its own with its timeout and memory, started when first needed. */
export function startLambdaHost(options: LambdaHostOptions): LambdaHost {
  const { hostEnvironment, kills, skewOf = () => 0, clock = () => new Date(), newId = randomUUID } = options;
  const max = options.maxProcesses ?? Math.max(8, availableParallelism() * 2);
  const hosted = new Map<string, Hosted>();

  for (const definition of options.functions) {
    const log = openLog(options.logDir, definition.alias, clock);
    const start = () => {
      const env = environmentOf(definition, hostEnvironment);
      const sandbox = startSandbox({ definition, env, initTimeoutMs: INIT_TIMEOUT_MS, onLine: log.line });
      log.platform('initStart', { functionName: definition.name, pid: sandbox.pid });
      options.onProcess?.(sandbox.pid, sandbox.exited);
      return sandbox;
    };
    const pool = createPool({ start, max, patienceMs: PATIENCE_MS, idleMs: IDLE_MS });
    hosted.set(definition.name, { definition, pool, log });
  }

  function find(name: string): Hosted {
    const found = hosted.get(name);
    if (!found)
      throw new Error(`Expected a function of the stack (${[...hosted.keys()].join(', ')}), received "${name}"`);
    return found;
  }

  async function run(name: string, event: string, onStream?: (body: Readable) => void): Promise<Outcome> {
    const { definition, pool, log } = find(name);
    const requestId = newId();
    let started = 0;
    let dieAfterRequests: number | undefined;
    const outcome = await pool.run(() => {
      started = performance.now();
      dieAfterRequests = kills?.next(name);
      log.platform('start', { requestId, version: '$LATEST' });
      const deadline = Date.now() + definition.timeoutSeconds * 1000;
      const planned = dieAfterRequests === undefined ? {} : { dieAfterRequests };
      return { invocation: { requestId, event, deadline, skewMs: skewOf(name), ...planned }, onStream };
    });
    if (dieAfterRequests !== undefined) {
      kills?.settle(name, { killed: outcome.usage === undefined, requests: outcome.usage?.requests ?? 0 });
    }
    const failure = 'error' in outcome.result ? outcome.result.error : undefined;
    if (started === 0) {
      // It never came to run: its code could not be loaded.
      if (failure) log.platform('initReport', { status: 'error', ...failure });
      return outcome;
    }
    log.platform('report', {
      requestId,
      status: failure ? 'error' : 'success',
      ...failure,
      metrics: { durationMs: Math.round(performance.now() - started), maxMemoryUsedMB: outcome.usage?.maxMemoryMb },
    });
    return outcome;
  }

  return {
    async invoke(name, event) {
      const text = JSON.stringify(event);
      const size = Buffer.byteLength(text);
      if (size > PAYLOAD_LIMIT_BYTES) return { ok: false, error: tooLarge('The event', size) };
      const { result } = await run(name, text);
      if ('error' in result) return { ok: false, error: result.error };
      const answered = Buffer.byteLength(result.payload);
      if (answered <= PAYLOAD_LIMIT_BYTES) return { ok: true, payload: result.payload };
      return {
        ok: false,
        error: { ...tooLarge('The response', answered), errorType: 'Function.ResponseSizeTooLarge' },
      };
    },

    async invokeStream(name, event) {
      const text = JSON.stringify(event);
      const size = Buffer.byteLength(text);
      if (size > PAYLOAD_LIMIT_BYTES) return { ok: false, error: tooLarge('The event', size) };
      const { promise, resolve } = Promise.withResolvers<StreamResult>();
      let streaming: Readable | undefined;
      const ending = run(name, text, (body) => {
        streaming = body;
        // Nobody may be reading any more when it is cut short.
        body.on('error', () => {});
        resolve({ ok: true, body });
      });
      void ending.then(({ result }) => {
        if ('error' in result) {
          streaming?.destroy(new Error(result.error.errorMessage));
          resolve({ ok: false, error: result.error });
        } else if (!streaming) {
          const errorMessage = 'The function was invoked for a stream but is not a streaming one';
          resolve({ ok: false, error: { errorType: 'Runtime.InvalidStreamingOperation', errorMessage } });
        }
      });
      return promise;
    },

    logPath: (name) => find(name).log.path,

    async stop() {
      await Promise.all([...hosted.values()].map(({ pool }) => pool.stop()));
      await Promise.all([...hosted.values()].map(({ log }) => log.close()));
    },
  };
}
