import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readCommandLine, readNumber, readWhole } from '../../local/command-line.ts';
import { endOnSignals, openScratch } from '../../local/scratch.ts';
import { startStack } from '../../local/stack.ts';
import type { Image } from '../e2e/support/person.ts';
import { signUp } from '../e2e/support/person.ts';
import { recount } from '../e2e/support/recount.ts';
import { startHogs } from './hogs.ts';
import { type Memory, measureMemory } from './memory.ts';
import { drawSmall } from './pictures.ts';
import { median, oneOf } from './probe.ts';
import { openQueues } from './queues.ts';
import { brokenPromises, medianSeconds, type Outcome, renderReport, type Sample } from './report.ts';
import { uploadAll } from './upload.ts';

const USAGE = `npm run burst -- [options]

One user uploads thousands of small photos at once, while Azure takes a tenth of what it would be asked; another one uploads a
single photo now and then. Says how long everything took, what it needed, and whether nothing was lost. Ends with 1 if anything was.

  --photos N       of the burst (5000)
  --seed N         of the pictures (1)
  --throttle N     Azure takes 1/N of the calls that describe makes when nothing holds it back, or less: 3/4 of what the stack asks for (10)
  --rate N         … or so many calls a second, without measuring
  --time-scale N   the system's own waits pass N times as fast (2)
  --singles N      photos of the other user: alone, alone on a busy machine, while the burst is uploaded, and while it drains (5 each)
  --memory N       most MiB of the process that holds the emulators (1500)
  --slower N       how many times longer a single photo may take during the burst than alone on a busy machine (3)
  --help           this text
`;

const WARM_UP_PHOTOS = 40;
const CALLS_PER_PHOTO = 2;
const SAMPLE_MS = 5_000;
/** As Azure does: calls are counted over ten seconds, and who has asked too much is told to wait a while, in which it takes those of others. */
const WINDOW_SECONDS = 10;
const RETRY_AFTER_SECONDS = 5;
/** Azure takes at most this share of what the whole stack asks for, so that it is Azure that a burst waits for. */
const BITES = 0.75;
/** Of each function that reads a queue so many run at once, here. */
const AT_ONCE = availableParallelism() + 1;

const text = (value: string) => ({ type: 'string', default: value }) as const;

const readOptions = () =>
  readCommandLine(
    USAGE,
    {
      options: {
        photos: text('5000'),
        seed: text('1'),
        throttle: text('10'),
        rate: { type: 'string' },
        'time-scale': text('2'),
        singles: text('5'),
        memory: text('1500'),
        slower: text('3'),
      },
    },
    ({ values }) => ({
      photos: readWhole('photos', values.photos, 1),
      seed: readWhole('seed', values.seed, 0),
      throttle: readNumber('throttle', values.throttle, 1),
      rate: values.rate === undefined ? undefined : readNumber('rate', values.rate, 0.01),
      timeScale: readNumber('time-scale', values['time-scale'], 1),
      singles: readWhole('singles', values.singles, 1),
      memoryMb: readNumber('memory', values.memory, 1),
      slower: readNumber('slower', values.slower, 1),
    }),
  );

async function main(): Promise<number> {
  const options = readOptions();
  const { photos, seed, singles } = options;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const folder = openScratch('shoebox-burst-');
  endOnSignals('Stopped.');
  const env = { FACES: 'off', MAX_AI_USD_PER_USER_PER_MONTH: '' };
  const { timeScale } = options;
  say('Starting the local stack …');
  const stack = await startStack({ dataDir: join(folder, 'data'), env, timeScale, plainSight: true });
  const queues = await openQueues(stack);
  try {
    const [many, other, first] = await Promise.all([signUp(stack.url), signUp(stack.url), signUp(stack.url)]);

    // Warms the processes up.
    const before = performance.now();
    await first.ended(await uploadAll(first, WARM_UP_PHOTOS, (number) => drawSmall(seed + 1, number)), 900_000);
    const perSecond = WARM_UP_PHOTOS / ((performance.now() - before) / 1_000);
    await wait(2_000);

    let shown = 0;
    const single = async () => {
      shown += 1;
      const { seconds, image } = await oneOf(other, await drawSmall(seed + 2, shown));
      say(`A single photo: ${seconds.toFixed(1)} s.`);
      return { seconds, image };
    };
    await single();
    const alone = await several(singles, 0, single);
    // What is asked of Azure where nothing holds describe back, the other functions included.
    const unhindered = medianSeconds(
      alone.map(({ image }) => image),
      'describe',
    );
    const demand = (AT_ONCE * CALLS_PER_PHOTO) / unhindered;
    // A machine that is too slow to ask for that much would never be refused.
    const within = BITES * perSecond * CALLS_PER_PHOTO;
    const rate = options.rate ?? Math.min(demand / options.throttle, within);
    say(
      `Unhindered: ${perSecond.toFixed(2)} photos/s from upload to done; describe alone asks for ${demand.toFixed(1)} calls/s.`,
    );
    say(`Azure now takes ${rate.toFixed(2)} calls/s.`);
    stack.inject(
      `azure:rate=${rate.toFixed(3)},azure:rate_window=${WINDOW_SECONDS},azure:retry_after=${RETRY_AFTER_SECONDS}`,
    );
    const hogs = startHogs(AT_ONCE);
    const busy = await several(singles, 0, single).finally(() => hogs.stop());
    const [idleSeconds, busySeconds] = [alone, busy].map((all) => median(all.map(({ seconds }) => seconds)).toFixed(1));
    say(`A photo alone: ${idleSeconds} s; beside ${AT_ONCE} processes that keep the machine busy: ${busySeconds} s.`);

    const samples: Sample[] = [];
    const peak: Memory = { parent: 0, children: 0, processes: 0 };
    const callsBefore = stack.azureCalls();
    const started = performance.now();
    const since = () => (performance.now() - started) / 1_000;
    let uploaded = 0;
    let over = false;
    const sampling = (async () => {
      for (let turn = 0; !over; turn += 1) {
        const [memory, depths] = await Promise.all([measureMemory(), queues.depths()]);
        for (const key of ['parent', 'children', 'processes'] as const) peak[key] = Math.max(peak[key], memory[key]);
        samples.push({ seconds: since(), uploaded, memory, depths });
        if (turn % 4 === 0) say(renderReport.progress(samples.at(-1)!, stack.azureCalls()));
        await wait(SAMPLE_MS, undefined, { ref: false });
      }
    })();

    const uploading = uploadAll(
      many,
      photos,
      (number) => drawSmall(seed, number),
      () => {
        uploaded += 1;
      },
    );
    // Not before there is a line to stand in.
    while (uploaded < photos / 5) await wait(50);
    let uploadSeconds = 0;
    const noteEnd = uploading.then(() => {
      uploadSeconds = since();
    });
    const [ids, whileUploading] = await Promise.all([uploading, several(singles, 1_000, single), noteEnd]);
    say(`Uploaded in ${uploadSeconds.toFixed(0)} s.`);
    const whileDraining = await several(singles, 3_000, single);
    const images = await drained(many.images, ids, queues.depths);
    const drainSeconds = since();
    over = true;
    await sampling;

    say('Counting everything again …');
    stack.inject('off');
    const calls = stack.azureCalls();
    const outcome: Outcome = {
      images,
      singles: {
        alone: alone.map(({ image }) => image),
        busy: busy.map(({ image }) => image),
        uploading: whileUploading.map(({ image }) => image),
        draining: whileDraining.map(({ image }) => image),
      },
      deviations: await recount(stack),
      deadLetters: await queues.deadLetters(),
      calls: { calls: calls.calls - callsBefore.calls, throttled: calls.throttled - callsBefore.throttled },
      rate,
      demand,
      uploadSeconds,
      drainSeconds,
      peak,
      samples,
      seconds: {
        alone: alone.map(({ seconds }) => seconds),
        busy: busy.map(({ seconds }) => seconds),
        uploading: whileUploading.map(({ seconds }) => seconds),
        draining: whileDraining.map(({ seconds }) => seconds),
      },
    };
    process.stdout.write(`${renderReport.table(outcome, options)}\n`);
    const broken = brokenPromises(outcome, options);
    for (const line of broken) say(`BROKEN: ${line}`);
    return broken.length > 0 ? 1 : 0;
  } finally {
    queues.close();
    await stack.stop();
  }
}

/** One after the other, with a pause between them. */
async function several<T>(count: number, pauseMs: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    results.push(await run());
    await wait(pauseMs);
  }
  return results;
}

/** Looks at the photos once the queues are empty, which is cheaper than to look at thousands again and again. */
async function drained(
  list: () => Promise<Image[]>,
  ids: readonly string[],
  depths: Awaited<ReturnType<typeof openQueues>>['depths'],
): Promise<Image[]> {
  for (let looks = 0; looks < 2; ) {
    const left = Object.values(await depths()).reduce((sum, { waiting, hidden }) => sum + waiting + hidden, 0);
    looks = left === 0 ? looks + 1 : 0;
    await wait(1_000);
  }
  const found = new Map((await list()).map((image) => [image.image_id, image]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
