import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type AwsEmulators, type AwsOptions, startAws } from '../../local/emulators/aws.ts';

export const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';

export interface TestAws extends AwsEmulators {
  dataDir: string;
  /** Client configuration for a service of these emulators. */
  config(service: keyof AwsEmulators['endpoints']): ClientConfig;
  /** Stops the emulators and removes their data. */
  dispose(): Promise<void>;
}

interface ClientConfig {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
}

function configOf(
  endpoints: Record<string, string>,
  credentials: ClientConfig['credentials'],
): (service: keyof AwsEmulators['endpoints']) => ClientConfig {
  // One attempt: a test is to see the first answer, not what a retry made of it.
  return (service) => ({ endpoint: endpoints[service] ?? '', region: REGION, credentials, maxAttempts: 1 });
}

/** Emulators of the test's own, in this process, over a new folder. */
export async function startTestAws(options: Partial<AwsOptions> = {}): Promise<TestAws> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'shoebox-aws-')));
  const aws = await startAws({ region: REGION, accountId: ACCOUNT, timeScale: 1, ...options, dataDir });
  return {
    ...aws,
    dataDir,
    config: configOf(aws.endpoints, aws.credentials),
    async dispose() {
      await aws.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Emulators in a process of their own, to be killed. */
export interface AwsProcess {
  config: TestAws['config'];
  endpoints: AwsEmulators['endpoints'];
  /** SIGKILL: the process gets no chance to write anything. */
  kill(): Promise<void>;
}

/** Starts the emulators over `dataDir` in a child process (`port` 0 takes a free one). */
async function spawnAws(dataDir: string, port = 0): Promise<AwsProcess> {
  const script = fileURLToPath(new URL('./aws-process.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, dataDir, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the child process has no standard output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { endpoints, credentials } = JSON.parse(line) as Pick<AwsEmulators, 'endpoints' | 'credentials'>;
  return {
    config: configOf(endpoints, credentials),
    endpoints,
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Does `before` against one process, kills it hard, and does `after` against another one over the same data and port.
 */
export async function acrossCrash<T>(
  before: (aws: AwsProcess) => Promise<T>,
  after: (aws: AwsProcess, left: T) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'shoebox-crash-'));
  try {
    const first = await spawnAws(dataDir);
    let left: T;
    try {
      left = await before(first);
    } finally {
      await first.kill();
    }
    const second = await spawnAws(dataDir, Number(new URL(first.endpoints.s3).port));
    try {
      await after(second, left);
    } finally {
      await second.kill();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
