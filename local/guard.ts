import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * A small process that outlives this one by a moment: when this process ends, however it ends, the guard kills every process
 * it was told of. A busy process cannot notice by itself that its parent is gone.
 */
export interface Guard {
  /** Watches over a process until `exited` settles. */
  watch(pid: number, exited: Promise<unknown>): void;
  stop(): Promise<void>;
}

export type ToGuard = { readonly watch: number } | { readonly forget: number };

const PROCESS = fileURLToPath(new URL('./guard-process.ts', import.meta.url));

export function startGuard(env: Record<string, string>): Guard {
  const child = fork(PROCESS, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  // One that is ending is quicker itself: what is removed at its exit must not be made anew by a process that has a moment left.
  const watched = new Set<number>();
  const endAll = () => {
    for (const pid of watched) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It was faster.
      }
    }
  };
  process.prependListener('exit', endAll);
  // Without its guard the stack still runs: idle functions notice by themselves that it is gone.
  child.on('error', () => {});
  const tell = (message: ToGuard) => {
    if (child.connected) child.send(message);
  };
  return {
    watch(pid, ended) {
      if (pid === 0) return;
      watched.add(pid);
      tell({ watch: pid });
      void ended.finally(() => {
        watched.delete(pid);
        tell({ forget: pid });
      });
    },
    async stop() {
      process.removeListener('exit', endAll);
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
