import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FunctionDefinition } from '../functions.ts';
import { readFrames } from './frames.ts';
import {
  type FromFunction,
  type FunctionError,
  type Invocation,
  STREAM_FD,
  type ToFunction,
  type Usage,
} from './messages.ts';

const RUNTIME = fileURLToPath(new URL('../lambda-runtime.ts', import.meta.url));

/** How one invocation ended. */
export interface Outcome {
  readonly result: { readonly payload: string } | { readonly error: FunctionError };
  /** The sandbox cannot be used again: its process is gone, or in the middle of a response nobody wants. */
  readonly spent: boolean;
  /** Absent when the process died. */
  readonly usage?: Usage;
}

export interface Sandbox {
  readonly pid: number;
  /** Resolves once the handler is loaded; rejects with `InitFailed`. */
  readonly ready: Promise<void>;
  /** Runs one invocation; never rejects. `onStream` is given the body as soon as a streaming handler writes to it. */
  invoke(invocation: Invocation, onStream?: (body: Readable) => void): Promise<Outcome>;
  /** Ends the process at once. */
  kill(): void;
  readonly exited: Promise<void>;
}

/** The function's module could not be loaded, or took longer than allowed. */
export class InitFailed extends Error {
  override name = 'InitFailed';
  readonly error: FunctionError;
  constructor(error: FunctionError) {
    super(error.errorMessage);
    this.error = error;
  }
}

export interface SandboxOptions {
  readonly definition: FunctionDefinition;
  /** The whole environment of the process. */
  readonly env: Record<string, string>;
  readonly initTimeoutMs: number;
  readonly onLine: (line: string) => void;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

function eachLine(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream?.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function exitError({ code, signal }: Exit, during: string): FunctionError {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `${during} Error: Runtime exited with error: ${how}` };
}

function startProcess({ definition, env }: SandboxOptions): ChildProcess {
  return fork(RUNTIME, [], {
    cwd: definition.codeDir,
    env,
    execArgv: [`--max-old-space-size=${definition.memoryMb}`, '--enable-source-maps'],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
}

/**
 * Starts one process for one function and loads its handler. The process has at most the function's memory: V8's heap by flag,
 * the whole (native memory of sharp included) by a watch on its resident size. It ends when this process does.
 */
export function startSandbox(options: SandboxOptions): Sandbox {
  const { definition, initTimeoutMs, onLine } = options;
  const child = startProcess(options);
  let onMessage: (message: FromFunction) => void = () => {};
  let onStream: (body: Readable) => void = () => {};
  let onStreamEnd = () => {};
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onLine);
  child.on('message', (message) => onMessage(message as FromFunction));
  readFrames(child.stdio[STREAM_FD] as Readable, {
    onResponse: (body) => onStream(body),
    onEnd: () => onStreamEnd(),
  });
  const exit = new Promise<Exit>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', () => resolve({ code: null, signal: 'not started' }));
  });

  async function initialise(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const error = await new Promise<FunctionError | undefined>((resolve) => {
      const errorMessage = `Init timed out after ${initTimeoutMs / 1000} seconds`;
      timer = setTimeout(() => resolve({ errorType: 'Sandbox.Timedout', errorMessage }), initTimeoutMs);
      onMessage = (message) => {
        if (message.type === 'ready') resolve(undefined);
        if (message.type === 'init-failed') resolve(message.error);
      };
      void exit.then((how) => resolve(exitError(how, 'Init')));
    });
    clearTimeout(timer);
    if (!error) return;
    child.kill('SIGKILL');
    throw new InitFailed(error);
  }

  function invoke(
    invocation: Invocation,
    listener: (body: Readable) => void = (body) => body.resume(),
  ): Promise<Outcome> {
    const { requestId, deadline } = invocation;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const streamed = Promise.withResolvers<void>();
    onStream = listener;
    onStreamEnd = streamed.resolve;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, deadline - Date.now());
    void promise.then(() => clearTimeout(timer));

    void exit.then((how) => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${definition.timeoutSeconds.toFixed(2)} seconds`;
      const error = timedOut
        ? { errorType: 'Sandbox.Timedout', errorMessage }
        : exitError(how, `RequestId: ${requestId}`);
      resolve({ result: { error }, spent: true });
    });
    onMessage = async (message) => {
      if (message.type === 'out-of-memory') {
        onLine(`RequestId: ${requestId} Error: used ${message.usedMb} MB of ${definition.memoryMb} MB, killed`);
      } else if (message.type === 'succeeded') {
        if (message.streamed) await streamed.promise;
        resolve({ result: { payload: message.payload }, spent: false, usage: message });
      } else if (message.type === 'failed') {
        resolve({ result: { error: message.error }, spent: message.streamed, usage: message });
      }
    };
    const order: ToFunction = { type: 'invoke', ...invocation };
    // A process that died in between answers by its exit.
    child.send(order, (error) => error && child.kill('SIGKILL'));
    return promise;
  }

  const ready = initialise();
  // Whoever awaits `ready` sees the failure; perhaps nobody waits any more.
  ready.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ready,
    invoke,
    kill: () => void child.kill('SIGKILL'),
    exited: exit.then(() => {}),
  };
}
