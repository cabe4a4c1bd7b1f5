import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { helperEnvironment } from '../../local/environment.ts';
import { type FunctionDefinition, functionByAlias, readFunctions } from '../../local/functions.ts';
import { type Outcome, type Sandbox, startSandbox } from '../../local/lambda/sandbox.ts';
import { createScope } from '../../local/physical-ids.ts';
import { localSettings } from '../../local/settings.ts';
import { synthesize } from '../../local/synth.ts';
import { loadTemplate } from '../../local/template.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { allImageKeys, incomingKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE } from '../support/world.ts';
import { deviations } from './deviations.ts';

/** How one mutant ended. */
export interface Ending {
  /** `done`; `rejected: code`; or what went wrong. */
  end: string;
  /** Neither accepted nor refused: the process died, ran out of memory or time, or answered with an error. */
  bad: boolean;
  seconds: number;
  /** Of the process's own computing, where the system tells. */
  cpuSeconds: number;
}

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** One for each mutant: nobody's photo is a duplicate of another's. */
const userOf = (number: number) => `fuzz-${number}`;
const INIT_TIMEOUT_MS = 120_000;

/** The ingest function as it is synthesized and bundled for deployment: its code, its memory, its timeout. */
async function ingestFunction(outDir: string): Promise<FunctionDefinition> {
  await synthesize({ outDir, env: { ...helperEnvironment(), ...localSettings({}, 1) } });
  const template = loadTemplate(outDir);
  const scope = createScope(template, {
    region: 'eu-central-1',
    accountId: '000000000000',
    sqsEndpoint: 'http://127.0.0.1',
  });
  return functionByAlias(readFunctions(template, scope), 'ingest');
}

/** The processor time a process has taken so far, in seconds (Linux; 0 elsewhere). */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** The most memory a process has ever held, in MB (Linux; 0 elsewhere). */
function mostMemoryMb(pid: number): number {
  try {
    const [, kilobytes = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.ceil(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}

/**
 * The deployed ingest function in a process of its own, ended when it takes more memory or time than it is given, over the
 * emulators of AWS. `stop` removes all of it.
 */
export async function startTarget() {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-fuzz-'));
  const definition = await ingestFunction(join(folder, 'cdk.out'));
  const world = await startWorld();
  const images = createImages(world.table, TABLE, () => new Date());
  const objects = createObjects(world.s3, BUCKET);
  let sandbox: Sandbox | undefined;
  let peakMb = 0;

  function start(): Sandbox {
    const env = {
      ...helperEnvironment(),
      ...definition.environment,
      ...world.environment,
      TABLE_NAME: TABLE,
      BUCKET_NAME: BUCKET,
      DESCRIBE_QUEUE_URL: world.urls.describe,
      FACES_QUEUE_URL: world.urls.faces,
      ORGANIZE_QUEUE_URL: world.urls.organize,
      S3_ADDRESSING_STYLE: 'path',
      LOG_LEVEL: 'ERROR',
      // What the layer brings is among the repository's own packages.
      NODE_PATH: MODULES,
      TZ: 'UTC',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
      LAMBDA_TASK_ROOT: definition.codeDir,
      _HANDLER: definition.handler,
    };
    return startSandbox({ definition, env, initTimeoutMs: INIT_TIMEOUT_MS, onLine: () => {} });
  }

  async function invoke(number: number): Promise<{ outcome: Outcome; seconds: number; cpuSeconds: number }> {
    sandbox ??= start();
    const current = sandbox;
    await current.ready;
    const key = incomingKey(userOf(number), imageId(number));
    const event = JSON.stringify(sqsEvent({ Records: [{ s3: { object: { key } } }] }));
    const before = cpuSeconds(current.pid);
    const started = performance.now();
    const deadline = Date.now() + definition.timeoutSeconds * 1_000;
    const outcome = await current.invoke({ requestId: `mutant-${number}`, event, deadline });
    const seconds = (performance.now() - started) / 1_000;
    const cpu = Math.max(0, cpuSeconds(current.pid) - before);
    peakMb = Math.max(peakMb, outcome.usage?.maxMemoryMb ?? 0, mostMemoryMb(current.pid));
    if (outcome.spent) {
      current.kill();
      sandbox = undefined;
    }
    return { outcome, seconds, cpuSeconds: cpu };
  }

  return {
    definition,
    /** The most memory the function has held at any moment, in MB. */
    peakMb: () => peakMb,

    /** Uploads one mutant, has the function read it, and looks at what it left behind. */
    async run(number: number, bytes: Uint8Array): Promise<Ending> {
      await images.create(
        imageRecord(userOf(number), number, { expected: { content_type: 'image/jpeg', bytes: bytes.length } }),
      );
      const Key = incomingKey(userOf(number), imageId(number));
      await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: bytes }));
      const { outcome, ...took } = await invoke(number);
      const end = await endOf(outcome, number);
      await objects.remove(allImageKeys(userOf(number), imageId(number)));
      await Promise.all([world.drain('describe'), world.drain('faces')]);
      return { ...end, ...took };
    },

    async stop(): Promise<void> {
      sandbox?.kill();
      await sandbox?.exited;
      await world.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function endOf({ result }: Outcome, number: number): Promise<Pick<Ending, 'end' | 'bad'>> {
    if ('error' in result)
      return { end: `${result.error.errorType}: ${result.error.errorMessage.replace(/^.*Error: /, '')}`, bad: true };
    if (result.payload !== '{"batchItemFailures":[]}') return { end: 'the message stayed in its queue', bad: true };
    const record = await images.get({ userId: userOf(number), imageId: imageId(number) });
    if (record?.status === 'rejected') return { end: `rejected: ${record.error?.code}`, bad: false };
    if (record?.stages.ingest.state !== 'done') return { end: `${record?.status}, not read`, bad: true };
    const wrong = await deviations(record, objects);
    return { end: wrong ?? 'done', bad: wrong !== undefined };
  }
}
