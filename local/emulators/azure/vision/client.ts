import { type ChildProcess, fork } from 'node:child_process';
import { AzureError, invalidRequest, serverError } from '../errors.ts';
import type { Seen } from './describe.ts';
import { PLAIN } from './plain.ts';
import type { VisionReply } from './process.ts';

/** A picture that killed the process this often is given up; pictures that merely waited behind it are not. */
const MOST_CRASHES = 2;

export interface Vision {
  /**
   * Looks at one encoded picture. `signal`: whoever asked has gone, so do not begin.
   * Rejects with {@link AzureError} 400 if it cannot be decoded, 500 if looking at it kills the process again and again.
   */
  readonly see: (image: Uint8Array, signal?: AbortSignal) => Promise<Seen>;
  readonly pid: () => number | undefined;
  readonly stop: () => Promise<void>;
}

export interface VisionOptions {
  /** Sees colours and light only: no model is loaded, and a look takes a tenth of the time. */
  readonly plain?: boolean | undefined;
}

interface Waiting {
  readonly id: number;
  readonly image: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (seen: Seen) => void;
  readonly reject: (error: Error) => void;
  crashes: number;
}

/**
 * Runs the vision model in a child process of its own: inference takes hundreds of milliseconds of pure computation,
 * which must not hold up the rest of the local stack, and a crash must not take it along. The process starts with the
 * first picture, gets one at a time, and is replaced when it dies while pictures wait. Pictures queue here, so that
 * those whose asker gave up meanwhile cost nothing.
 */
export function startVision({ plain = false }: VisionOptions = {}): Vision {
  const queue: Waiting[] = [];
  let current: Waiting | undefined;
  let child: ChildProcess | undefined;
  let lastId = 0;
  let stopping = false;

  function start(): ChildProcess {
    const started = fork(new URL('./process.ts', import.meta.url), plain ? [PLAIN] : [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    started.on('message', settle);
    started.on('error', () => started.kill('SIGKILL'));
    started.once('exit', () => {
      if (child === started) child = undefined;
      if (!stopping) recover();
    });
    return started;
  }

  function next(): void {
    while (!current && queue.length > 0) {
      const candidate = queue.shift();
      if (candidate?.signal?.aborted) candidate.reject(serverError());
      else current = candidate;
      if (current) send(current);
    }
  }

  function send({ id, image }: Waiting): void {
    child ??= start();
    child.send({ id, image });
  }

  function settle(reply: VisionReply): void {
    if (reply.id !== current?.id) return;
    const { resolve, reject } = current;
    current = undefined;
    if ('seen' in reply) resolve(reply.seen);
    else if ('undecodable' in reply) reject(undecodable());
    else reject(new Error(`Looking at a picture failed: ${reply.error}`));
    next();
  }

  function recover(): void {
    if (!current) return;
    current.crashes += 1;
    if (current.crashes < MOST_CRASHES) {
      send(current);
      return;
    }
    current.reject(serverError());
    current = undefined;
    next();
  }

  return {
    see: (image, signal) =>
      new Promise((resolve, reject) => {
        if (stopping) return reject(new AzureError(503, { code: '503', message: 'The emulator is stopping.' }));
        lastId += 1;
        queue.push({ id: lastId, image, signal, resolve, reject, crashes: 0 });
        next();
      }),
    pid: () => child?.pid,
    async stop() {
      stopping = true;
      for (const { reject } of current ? [current, ...queue] : queue) reject(serverError());
      queue.length = 0;
      const running = child;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
  };
}

function undecodable(): AzureError {
  const message = 'You uploaded an unsupported image. Please make sure your image is valid.';
  return invalidRequest(message, null, 'image_parse_error');
}
