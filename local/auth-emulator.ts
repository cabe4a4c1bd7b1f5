import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface AuthEmulator {
  /** `127.0.0.1:PORT`, as `FIREBASE_AUTH_EMULATOR_HOST` wants it. */
  readonly host: string;
  readonly pid: number;
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

export interface AuthEmulatorOptions {
  readonly projectId: string;
  /** Where the accounts are kept. */
  readonly accountsFile: string;
  /** The whole environment of its process. */
  readonly env: Record<string, string>;
  /** Default: any free port. */
  readonly port?: number;
}

export type FromAuthEmulator = { readonly port: number };

const PROCESS = fileURLToPath(new URL('./auth-emulator-process.ts', import.meta.url));

/** Starts the official Firebase Auth emulator in a process of its own; its accounts survive whatever happens to it. */
export async function startAuthEmulator(options: AuthEmulatorOptions): Promise<AuthEmulator> {
  const { projectId, accountsFile, env, port = 0 } = options;
  // Not by the process itself: it may come to that after whoever started it has ended, and removed the folder.
  mkdirSync(dirname(accountsFile), { recursive: true });
  const child = fork(PROCESS, [projectId, accountsFile, String(port)], {
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const ready = new Promise<FromAuthEmulator>((resolve) =>
    child.once('message', (message) => resolve(message as FromAuthEmulator)),
  );
  const first = await Promise.race([ready, exited]);
  if (first === null || typeof first === 'number') {
    throw new Error(`The Firebase Auth emulator ended while starting (exit status ${first}); its message is above`);
  }
  return {
    host: `127.0.0.1:${first.port}`,
    pid: child.pid ?? 0,
    exited,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
