import type { Readable } from 'node:stream';
import type { Invocation } from './messages.ts';
import { InitFailed, type Outcome, type Sandbox } from './sandbox.ts';

/** Asks for an invocation once a sandbox is free: its deadline counts from then, not from when it began to wait. */
export type Order = () => {
  readonly invocation: Invocation;
  readonly onStream?: ((body: Readable) => void) | undefined;
};

export interface Pool {
  /** Runs one invocation in a sandbox of its own; never rejects. */
  run(order: Order): Promise<Outcome>;
  stop(): Promise<void>;
}

export interface PoolOptions {
  readonly start: () => Sandbox;
  /** Most processes at a time; more invocations than that wait their turn. */
  readonly max: number;
  /** How long an invocation waits for a busy sandbox before another one is started: starting costs more than most waits. */
  readonly patienceMs: number;
  /** How long an unused sandbox is kept. */
  readonly idleMs: number;
}

/** Keeps the sandboxes of one function: started when needed, one invocation at a time each, ended after idling. */
export function createPool({ start, max, patienceMs, idleMs }: PoolOptions): Pool {
  const sandboxes = new Set<Sandbox>();
  const idle: { sandbox: Sandbox; timer: NodeJS.Timeout }[] = [];
  const waiting: { order: Order; resolve: (outcome: Outcome) => void }[] = [];
  let starting = 0;
  let patience: NodeJS.Timeout | undefined;
  let stopped = false;

  function forget(sandbox: Sandbox): void {
    sandboxes.delete(sandbox);
    const position = idle.findIndex((entry) => entry.sandbox === sandbox);
    if (position >= 0) clearTimeout(idle.splice(position, 1)[0]?.timer);
  }

  function rest(sandbox: Sandbox): void {
    const timer = setTimeout(() => sandbox.kill(), idleMs).unref();
    idle.push({ sandbox, timer });
    dispatch();
  }

  async function grow(): Promise<void> {
    starting += 1;
    const sandbox = start();
    sandboxes.add(sandbox);
    void sandbox.exited.then(() => {
      forget(sandbox);
      dispatch();
    });
    try {
      await sandbox.ready;
      starting -= 1;
      rest(sandbox);
    } catch (error) {
      starting -= 1;
      if (!(error instanceof InitFailed)) throw error;
      // As on Lambda, an invocation learns that its function could not be loaded; the next one tries anew.
      waiting.shift()?.resolve({ result: { error: error.error }, spent: true });
      dispatch();
    }
  }

  async function assign(sandbox: Sandbox, next: { order: Order; resolve: (outcome: Outcome) => void }): Promise<void> {
    const { invocation, onStream } = next.order();
    const outcome = await sandbox.invoke(invocation, onStream);
    if (outcome.spent) {
      sandbox.kill();
      forget(sandbox);
    } else {
      rest(sandbox);
    }
    next.resolve(outcome);
  }

  function dispatch(): void {
    while (waiting.length > 0 && idle.length > 0) {
      const entry = idle.pop();
      const next = waiting.shift();
      if (!entry || !next) break;
      clearTimeout(entry.timer);
      void assign(entry.sandbox, next);
    }
    if (waiting.length === 0 || starting > 0 || stopped || sandboxes.size >= max) return;
    if (sandboxes.size === 0) {
      void grow();
      return;
    }
    patience ??= setTimeout(() => {
      patience = undefined;
      if (waiting.length > 0 && starting === 0 && sandboxes.size < max && !stopped) void grow();
    }, patienceMs);
  }

  return {
    run(order) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      waiting.push({ order, resolve });
      dispatch();
      return promise;
    },
    async stop() {
      stopped = true;
      clearTimeout(patience);
      const all = [...sandboxes];
      for (const sandbox of all) sandbox.kill();
      const error = { errorType: 'Sandbox.Stopped', errorMessage: 'The local stack is stopping' };
      for (const { resolve } of waiting.splice(0)) resolve({ result: { error }, spent: true });
      await Promise.all(all.map(({ exited }) => exited));
    },
  };
}
