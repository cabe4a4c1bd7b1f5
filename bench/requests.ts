/**
 * What one more photo, one page, one search and one thumbnail ask of AWS, in galleries of several sizes: requests, DynamoDB's units, bytes,
 * processor time and log. The functions as deployed, in this process, over emulators in another; see bench/requests/.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { readCommandLine, readWhole } from '../local/command-line.ts';
import { endOnSignals } from '../local/scratch.ts';
import { createS3Client, createTableClient } from '../shared/adapters/clients.ts';
import { createSqsClient } from '../shared/adapters/sqs-client.ts';
import { createVectorsClient } from '../shared/adapters/vectors-client.ts';
import { incomingKey } from '../shared/domain/object-keys.ts';
import { type Invoked, loadFunctions } from './requests/functions.ts';
import { createGallery } from './requests/gallery.ts';
import { noUsage, startMeter, type Usage } from './requests/meter.ts';
import { takePhoto } from './requests/photo.ts';
import { COMMON, growing, type Measured, type Step, tables } from './requests/report.ts';

const USER = 'bench';

const USAGE = `npm run bench:requests -- [options]

What one more photo, one page, one search and one thumbnail ask of AWS, in galleries of several sizes. Ends with 1 where anything
grows with the gallery. Takes some ten minutes, or two with --small.

  --photos LIST  sizes of the gallery (100,1000,10000)
  --repeat N     how often each is measured (5)
  --small        small pictures, no faces, no processor times
  --json FILE    write all figures there
  --help         this text
`;

const { values, sizes, repeat } = readCommandLine(
  USAGE,
  {
    options: {
      photos: { type: 'string', default: '100,1000,10000' },
      repeat: { type: 'string', default: '5' },
      small: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  },
  ({ values }) => ({
    values,
    sizes: values.photos.split(',').map((size) => readWhole('photos', size, 1)),
    repeat: readWhole('repeat', values.repeat, 1),
  }),
);
/** Small pictures, and nobody looks for faces: the models alone take seconds to load. */
const [width, height] = values.small ? [320, 240] : [4000, 3000];

endOnSignals('Stopped.');
const world = fork(join(import.meta.dirname, 'requests-world.ts'));
const environment = await new Promise<Record<string, string>>((resolve, reject) => {
  world.once('message', (message) => resolve(message as Record<string, string>));
  world.once('exit', () => reject(new Error('The emulators could not be started')));
});
if (values.small) environment.FACES_QUEUE_URL = '';
const functions = await loadFunctions(environment, USER);
const { TABLE_NAME = '', BUCKET_NAME = '', VECTOR_BUCKET_NAME = '' } = environment;
const [table, s3, sqs, vectors] = [
  createTableClient(),
  createS3Client('auto'),
  createSqsClient(),
  createVectorsClient(),
];
const gallery = createGallery(
  { table, vectors },
  { table: TABLE_NAME, vectorBucket: VECTOR_BUCKET_NAME, userId: USER },
);

type Meter = ReturnType<typeof startMeter>;
let meter: Meter | undefined;
let photos = 0;
const found = new Map<string, { function: string; usages: Usage[]; invoked: Invoked[]; runs: Set<number> }>();

/** Runs one step; what was asked before it is not its own. */
async function step(name: string, by: string, run: () => Promise<Invoked>): Promise<Invoked> {
  meter?.take();
  const invoked = await run();
  const known = found.get(name) ?? { function: by, usages: [], invoked: [], runs: new Set() };
  found.set(name, known);
  if (meter) {
    known.usages.push(meter.take());
    known.runs.add(photos);
  } else known.invoked.push(invoked);
  return invoked;
}

/** Takes all messages off a queue. */
async function drain(name: string): Promise<unknown[]> {
  const QueueUrl = environment[`${name.toUpperCase()}_QUEUE_URL`];
  const bodies: unknown[] = [];
  for (; QueueUrl; ) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) break;
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(JSON.parse(Body ?? 'null'));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
  return bodies;
}

/** One photo from its announcement to its end, each message delivered by itself: what costs the most. */
async function addPhoto(): Promise<void> {
  photos += 1;
  const bytes = await takePhoto(photos, width, height);
  const file = { filename: `IMG_${photos}.JPG`, content_type: 'image/jpeg', bytes: bytes.length };
  const ticket = await step('announce', 'api', () => functions.call('POST', '/images/uploads', {}, { files: [file] }));
  const [{ image_id = '' } = {}] = (JSON.parse(ticket.body) as { items: { image_id: string }[] }).items;
  const Key = incomingKey(USER, image_id);
  await s3.send(new PutObjectCommand({ Bucket: BUCKET_NAME, Key, Body: bytes }));
  await step('ingest', 'ingest', () => functions.deliver('ingest', [{ Records: [{ s3: { object: { key: Key } } }] }]));
  for (const body of await drain('faces')) {
    await step('faces', 'faces', () => functions.deliver('faces', [body]));
    for (const early of await drain('organize'))
      await step('organize, too early', 'organize', () => functions.deliver('organize', [early]));
  }
  for (const body of await drain('describe'))
    await step('describe', 'describe', () => functions.deliver('describe', [body]));
  for (const body of await drain('organize'))
    await step('organize', 'organize', () => functions.deliver('organize', [body]));
  const jobs = await drain('jobs');
  if (jobs.length > 0) console.warn(`Among others there was work for jobs: ${JSON.stringify(jobs)}`);
}

async function look(): Promise<void> {
  photos += 1;
  await step('authorize', 'authorizer', () => functions.authorize());
  const page = await step('page of 100', 'api', () => functions.call('GET', '/images', { limit: '100' }));
  const [{ image_id = '' } = {}] = (JSON.parse(page.body) as { items: { image_id: string }[] }).items;
  await step('one image', 'api', () => functions.call('GET', '/images', { limit: '1' }));
  const limit = '5';
  await step('search by words', 'api', () => functions.call('GET', '/search/images', { q: 'zeppelin', limit }));
  await step('search by tag', 'api', () => functions.call('GET', '/search/images', { tag: 'zeppelin', limit }));
  // What matches is read: one photo in twenty.
  await step(`search by ${COMMON}`, 'api', () => functions.call('GET', '/search/images', { q: 'dog', limit }));
  await step('timeline', 'api', () => functions.call('GET', '/timeline', { limit: '1' }));
  await step('thumbnail', 'media', () => functions.thumbnail(image_id));
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((all, number) => all + number, 0) / Math.max(1, numbers.length);
const rounded = (value: number) => Number(value.toFixed(2));

/** Averages of what was found, of one photo or one request. */
function steps(): Step[] {
  return [...found].map(([name, { function: by, usages, invoked, runs }]) => {
    const averages = { ...noUsage() };
    for (const what of ['reads', 'writes', 'index_writes', 's3_up', 's3_down', 'vector_bytes'] as const) {
      averages[what] = rounded(mean(usages.map((usage) => usage[what])));
    }
    for (const what of ['requests', 'waits'] as const) {
      const all = new Set(usages.flatMap((usage) => Object.keys(usage[what])));
      for (const key of [...all].sort())
        averages[what][key] = rounded(mean(usages.map((usage) => usage[what][key] ?? 0)));
    }
    return {
      name,
      function: by,
      invocations: rounded(usages.length / Math.max(1, runs.size)),
      cpu_ms: rounded(mean(invoked.map(({ cpu_ms }) => cpu_ms))),
      log_bytes: Math.round(mean(invoked.map(({ log_bytes }) => log_bytes))),
      bytes: Math.round(mean(invoked.map(({ bytes }) => bytes))),
      ...averages,
    };
  });
}

const measured: Measured = {};

/** A size that was measured is not lost with the next. */
function keep(): void {
  if (!values.json) return;
  const command = `npm run bench:requests -- ${process.argv.slice(2).join(' ')}`;
  writeFileSync(values.json, `${JSON.stringify({ command, node: process.version, measured }, null, 2)}\n`);
}

try {
  for (const [index, size] of sizes.entries()) {
    const started = performance.now();
    await gallery.growTo(size);
    console.log(`${size} photos after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    // Secrets, credentials and code are loaded by the first of each.
    if (index === 0) {
      await addPhoto();
      await look();
    }
    found.clear();
    // Counting takes time of its own: what computes is measured without, and in a small run not at all.
    for (let run = 0; run < repeat && !values.small; run += 1) {
      await addPhoto();
      await look();
    }
    meter = startMeter(table, TABLE_NAME);
    for (let run = 0; run < repeat; run += 1) {
      await addPhoto();
      await look();
    }
    meter.stop();
    meter = undefined;
    measured[size] = steps();
    keep();
  }
  console.log(tables(measured));
  const grows = growing(measured);
  console.log(
    grows.length === 0 ? '\nNothing grows with the gallery.' : `\nGrows with the gallery:\n${grows.join('\n')}`,
  );
  process.exitCode = grows.length === 0 ? 0 : 1;
} finally {
  for (const client of [table, s3, sqs, vectors]) client.destroy();
  const exited = once(world, 'exit');
  if (world.connected) {
    world.disconnect();
    await exited;
  }
}
