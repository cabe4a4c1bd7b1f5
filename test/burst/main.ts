import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { endOnSignals, openScratch } from '../../local/scratch.ts';
import { type LocalStack, startStack } from '../../local/stack.ts';
import type { Image } from '../e2e/support/person.ts';
import { recount } from '../e2e/support/recount.ts';
import { openAccount } from './account.ts';
import { type Circumstance, type Course, openCourse } from './course.ts';
import { startHogs } from './hogs.ts';
import { createUsageMeter } from './memory.ts';
import { type Options, readOptions } from './options.ts';
import { drawSmall } from './pictures.ts';
import { oneOf } from './probe.ts';
import { type Depths, openQueues } from './queues.ts';
import { brokenPromises, progress, renderReport } from './report.ts';
import { AT_ONCE, chooseThrottle, leastSeconds, throttleFault } from './throttle.ts';
import { uploadAll } from './upload.ts';

/** The first starts processes, the second is timed. */
const WARM_UPS = [30, 60];
const SAMPLE_MS = 5_000;
const SAMPLES_PER_LINE = 4;
/** The other user begins once there is somebody to stand behind. */
const FIRST_UPLOADS = 100;
/** A line is longer than what is being worked on. */
const LINE = 2 * AT_ONCE;
/** Where nothing has ended for so long, nothing will. */
const STUCK_AFTER_MS = 20 * 60_000;

const say = (line: string) => process.stderr.write(`${line}\n`);
const one = (number: number) => number.toFixed(1);
const sumOf = (depths: Depths) => Object.values(depths).reduce((sum, { waiting, hidden }) => sum + waiting + hidden, 0);

/** Runs all of it, and keeps what is learnt in `course` from moment to moment. */
async function run(stack: LocalStack, course: Course, options: Options): Promise<void> {
  const { photos, seed } = options;
  const queues = await openQueues(stack);
  const look = createUsageMeter();
  const [many, other, first] = await Promise.all([1, 2, 3].map(() => openAccount(stack.url)));
  if (!many || !other || !first) throw new Error('Expected three accounts.');

  let shown = 0;
  const single = async (when: Circumstance) => {
    shown += 1;
    const { seconds, image } = await oneOf(await other(), await drawSmall(seed + 2, shown));
    if (image.status !== 'done') say(`A photo of the other user is ${image.status}.`);
    course.singles.push({ when, seconds, image });
  };
  const several = async (when: Circumstance) => {
    for (let turn = 0; turn < options.singles; turn += 1) await single(when);
    return course.singles.filter((known) => known.when === when).map(({ image }) => image);
  };

  try {
    let perSecond = 0;
    let drawn = 0;
    for (const count of WARM_UPS) {
      const begun = Date.now();
      const early = await uploadAll(await first(), count, (number) => drawSmall(seed + 1, drawn + number));
      await drained(queues.depths);
      const ends = (await (await first()).ended(early)).map(({ stages }) =>
        Date.parse(stages.organize.finished_at ?? ''),
      );
      perSecond = count / ((Math.max(...ends) - begun) / 1_000);
      drawn += count;
    }
    await single('alone');
    course.singles.length = 0;
    const chosen = chooseThrottle(await several('alone'), perSecond, options.throttle);
    course.throttle = { ...chosen, rate: options.rate ?? chosen.rate };
    const { rate, demand, asked } = course.throttle;
    say(`Describe would ask for ${one(demand)} calls/s, the whole stack asks for ${one(asked)} on this machine.`);
    say(
      `Azure takes ${rate.toFixed(2)} calls/s: ${photos} photos take ${one(leastSeconds(photos, rate) / 60)} min at least.`,
    );
    stack.inject(throttleFault(rate));
    const hogs = startHogs(AT_ONCE);
    await several('busy').finally(() => hogs.stop());

    const callsNow = () => ({ ...stack.azureCalls(), postponed: stack.requests()['sqs:ChangeMessageVisibility'] ?? 0 });
    course.calls = { before: callsNow(), after: callsNow() };
    const { cpu } = await look();
    course.cpu = { before: cpu, after: cpu };
    const started = performance.now();
    const since = () => (performance.now() - started) / 1_000;
    let over = false;
    const sample = async () => {
      const [{ memory, cpu: after }, depths] = await Promise.all([look(), queues.depths()]);
      course.cpu.after = after;
      course.calls.after = callsNow();
      const taken = { seconds: since(), uploaded: course.uploaded, memory, depths, load: loadavg()[0] ?? 0 };
      course.samples.push(taken);
      return taken;
    };
    const sampling = (async () => {
      for (let turn = 0; !over; turn += 1) {
        const taken = await sample();
        if (turn % SAMPLES_PER_LINE === 0) say(progress(taken, course));
        await wait(SAMPLE_MS, undefined, { ref: false });
      }
    })();

    const uploading = uploadAll(await many(), photos, (number) => drawSmall(seed, number), {
      perSecond: options.uploadsPerSecond,
      onUpload: () => {
        course.uploaded += 1;
      },
    });
    const visiting = (async () => {
      while (course.uploaded < Math.min(FIRST_UPLOADS, photos / 5) && !over) await wait(50);
      while (!over) {
        const { ingest } = await queues.depths();
        const reads = course.ends.uploaded === undefined || (ingest?.waiting ?? 0) > LINE;
        if (!reads) course.ends.read ??= since();
        await single(reads ? 'reading' : 'describing');
        for (const end = performance.now() + options.pauseSeconds * 1_000; performance.now() < end && !over; )
          await wait(50);
      }
    })();
    const draining = (async () => {
      const ids = await uploading;
      course.ends.uploaded = since();
      await drained(queues.depths);
      course.ends.drained = since();
      return ids;
    })();
    // Whichever breaks ends the others.
    const ids = await Promise.race([draining, Promise.all([sampling, visiting]).then(() => draining)]).finally(() => {
      over = true;
    });
    await Promise.all([sampling, visiting]);
    await sample();

    say('Counting everything again …');
    stack.inject('off');
    const found = new Map((await (await many()).images()).map((image: Image) => [image.image_id, image]));
    course.images = ids.flatMap((id) => found.get(id) ?? []);
    course.deadLetters = await queues.deadLetters();
    course.deviations = await recount(stack);
  } finally {
    queues.close();
  }
}

/** Resolves once the queues are empty: to look at them is cheaper than to look at thousands of photos again and again. */
async function drained(depths: () => Promise<Depths>): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let moved = performance.now();
  for (let looks = 0; looks < 2; ) {
    const left = sumOf(await depths());
    looks = left === 0 ? looks + 1 : 0;
    if (left < least) {
      least = left;
      moved = performance.now();
    }
    if (performance.now() - moved > STUCK_AFTER_MS) throw new Error(`${left} messages have stood still.`);
    await wait(1_000);
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  const course = openCourse();
  const show = () => process.stdout.write(`${renderReport(course, options)}\n`);
  const folder = openScratch('shoebox-burst-');
  endOnSignals('Stopped: these figures are of a part only.', show);
  say('Starting the local stack …');
  const stack = await startStack({
    dataDir: join(folder, 'data'),
    env: { FACES: 'off', MAX_AI_USD_PER_USER_PER_MONTH: '' },
    timeScale: options.timeScale,
    plainSight: true,
  });
  try {
    await run(stack, course, options);
  } finally {
    show();
    await stack.stop();
  }
  const broken = brokenPromises(course, options);
  for (const line of broken) say(`BROKEN: ${line}`);
  return broken.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
