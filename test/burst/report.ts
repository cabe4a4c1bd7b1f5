import { median, percentile } from '../../local/statistics.ts';
import type { Image } from '../e2e/support/person.ts';
import { CIRCUMSTANCES, type Circumstance, type Course, type Sample, type Single } from './course.ts';
import type { Memory } from './memory.ts';
import type { Options } from './options.ts';

const count = (images: readonly Image[], status: string) => images.filter((image) => image.status === status).length;
const degraded = (images: readonly Image[]) => images.filter((image) => image.degraded).length;
const attempts = (images: readonly Image[]) => Math.max(0, ...images.map(({ stages }) => stages.describe.attempts));
const one = (number: number | undefined) => (number === undefined || Number.isNaN(number) ? '–' : number.toFixed(1));
const two = (number: number) => (Number.isFinite(number) ? number.toFixed(2) : '–');
const MOST_ROWS = 24;
/** Of all that wait for it, nine in ten wait no longer. */
const MOST = 0.9;
/** What runs for as long as photos come may use so much more memory in the last third than in the first. */
const GROWTH = 1.25;

function depthsOf({ depths }: Sample): string {
  return Object.entries(depths)
    .map(([queue, { waiting, hidden }]) => `${queue} ${waiting}+${hidden}`)
    .join('  ');
}

export function progress(sample: Sample, { calls }: Course): string {
  const { seconds, uploaded, memory, load } = sample;
  const azure = `azure ${calls.after.calls - calls.before.calls} asked, ${calls.after.throttled - calls.before.throttled} refused`;
  const size = `${memory.parent}+${memory.children} MiB`;
  return `${seconds.toFixed(0).padStart(5)} s  ${uploaded} uploaded  ${depthsOf(sample)}  ${azure}  ${size}  load ${one(load)}`;
}

const secondsOf = (singles: readonly Single[], when: Circumstance) =>
  singles.filter((single) => single.when === when).map(({ seconds }) => seconds);

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Mean of what is used in the first third of the burst, in the last, and the peak. */
function thirds(samples: readonly Sample[], of: (memory: Memory) => number) {
  const end = samples.at(-1)?.seconds ?? 0;
  const sizes = (from: number, to: number) =>
    samples.filter(({ seconds }) => seconds >= from * end && seconds <= to * end).map(({ memory }) => of(memory));
  return { first: mean(sizes(0, 1 / 3)), last: mean(sizes(2 / 3, 1)), peak: Math.max(0, ...sizes(0, 1)) };
}

/** What was promised and does not hold, of a burst that has come to its end. */
export function brokenPromises(course: Course, { photos, memoryMb, slower, throttle }: Options): string[] {
  const { images = [], singles, deviations = [], deadLetters = 0, samples, calls } = course;
  const others = singles.map(({ image }) => image);
  const broken: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  check(count(images, 'done') === photos, `${count(images, 'done')} of ${photos} photos are done`);
  check(degraded(images) === 0, `${degraded(images)} photos are incomplete`);
  check(count(others, 'done') === others.length && degraded(others) === 0, 'a photo of the other user is not done');
  check(deviations.length === 0, `the recount finds: ${deviations.slice(0, 10).join('; ')}`);
  check(deadLetters === 0, `${deadLetters} dead letters`);
  check(
    calls.after.throttled > calls.before.throttled,
    'Azure refused no call: something else was slower, and nothing is shown about it',
  );
  const { rate = 0, demand = 0 } = course.throttle ?? {};
  check(rate * throttle <= demand * 1.001, `Azure took more than 1/${throttle} of what describe would ask for`);
  const [parent, children] = [thirds(samples, (memory) => memory.parent), thirds(samples, (memory) => memory.children)];
  check(parent.peak <= memoryMb, `the process with the emulators grew to ${parent.peak} MiB`);
  check(
    children.last <= GROWTH * children.first,
    `the functions grew from ${one(children.first)} MiB to ${one(children.last)}`,
  );
  // The burst keeps the machine busy, which is no unfairness: that comparison is with a machine as busy.
  const alone = median(secondsOf(singles, 'busy'));
  for (const when of ['reading', 'describing'] as const) {
    const took = secondsOf(singles, when);
    const [middle, most] = [median(took), percentile(took, MOST)];
    if (took.length === 0) continue;
    const versus = `${one(alone)} s alone on a busy machine`;
    check(middle <= slower * alone, `a single photo took ${one(middle)} s (median) while ${when}, ${versus}`);
    check(most <= 2 * slower * alone, `one in ten single photos took ${one(most)} s while ${when}, ${versus}`);
  }
  return broken;
}

const STAGES = ['ingest', 'describe', 'organize'] as const;
const moment = (text: string | null | undefined) => Date.parse(text ?? '') / 1_000;
const known = (numbers: readonly number[]) => numbers.filter((number) => !Number.isNaN(number));

/** Median and worst of the seconds waited before each stage, and the median of those in it. */
function parts(images: readonly Image[]): string[] {
  return STAGES.map((name, index) => {
    const before = STAGES[index - 1];
    const waits = known(
      images.map(({ created_at, stages }) => {
        const from = before ? stages[before].finished_at : created_at;
        return moment(stages[name].started_at) - moment(from);
      }),
    );
    const within = known(
      images.map(({ stages: { [name]: stage } }) => moment(stage.finished_at) - moment(stage.started_at)),
    );
    return `${two(median(waits))} (${two(Math.max(...waits))}) + ${two(median(within))}`;
  });
}

const NAMES: Record<Circumstance, string> = {
  alone: 'alone',
  busy: 'alone, on a busy machine',
  reading: 'while the burst’s photos are read',
  describing: 'while the rest of them waits for Azure',
};

function singlesTable({ singles }: Course): string[] {
  const [alone, busy] = [median(secondsOf(singles, 'alone')), median(secondsOf(singles, 'busy'))];
  const rows = CIRCUMSTANCES.map((when) => {
    const took = secondsOf(singles, when);
    const images = singles.filter((single) => single.when === when).map(({ image }) => image);
    const times = `${two(median(took) / alone)} ×, ${two(median(took) / busy)} ×`;
    const cells = [one(median(took)), times, one(percentile(took, MOST)), one(Math.max(...took)), ...parts(images)];
    return `| ${NAMES[when]} | ${took.length} | ${took.length === 0 ? cells.map(() => '–').join(' | ') : cells.join(' | ')} |`;
  });
  return [
    'The other user’s photo, in seconds, from asking for a form until it is done. Of each stage: waited for it in the middle (at worst) + in it.',
    '',
    '| circumstances | n | median | × alone, × busy | nine in ten | worst | ingest | describe | organize |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |',
    ...rows,
  ];
}

function azure({ throttle, calls, ends, samples }: Course): string {
  if (!throttle) return '–';
  const asked = calls.after.calls - calls.before.calls;
  const refused = calls.after.throttled - calls.before.throttled;
  const seconds = ends.drained ?? samples.at(-1)?.seconds ?? 0;
  const taken = `took ${two((asked - refused) / seconds)} a second`;
  const postponed = calls.after.postponed - calls.before.postponed;
  return `asked ${asked} times, refused ${refused} (${Math.round((100 * refused) / Math.max(1, asked))} %), ${taken}, photos were put off ${postponed} times; let through ${two(throttle.rate)} a second, of ${one(throttle.demand)} that describe would ask for (1/${one(throttle.demand / throttle.rate)}) and ${one(throttle.asked)} that the whole stack asks for on this machine`;
}

function memory(samples: readonly Sample[], of: (memory: Memory) => number): string {
  const { first, last, peak } = thirds(samples, of);
  return `${one(first)} MiB in the first third, ${one(last)} in the last, ${peak} at most`;
}

/** All that is known, as tables. */
export function renderReport(course: Course, { photos }: Options): string {
  const { images, deviations, deadLetters, ends, samples, cpu, uploaded } = course;
  const [parent, children] = [cpu.after.parent - cpu.before.parent, cpu.after.children - cpu.before.children];
  const deepest = (queue: string) => Math.max(0, ...samples.map(({ depths }) => sumOf(depths[queue])));
  const every = Math.max(1, Math.ceil(samples.length / MOST_ROWS));
  const state = images
    ? `${count(images, 'done')} done, ${degraded(images)} of them incomplete, ${count(images, 'failed')} failed, ${count(images, 'duplicate')} duplicates; attempts used up by one: ${attempts(images)} at most`
    : 'not looked at';
  return [
    '| what | |',
    '| --- | --- |',
    `| photos | ${photos}, ${uploaded} uploaded: ${state} |`,
    `| recount | ${deviations?.length ?? '–'} deviations, ${deadLetters ?? '–'} dead letters |`,
    `| seconds | uploaded after ${one(ends.uploaded)}, read after ${one(ends.read)}, drained after ${one(ends.drained)} (${two(photos / (ends.drained ?? Number.NaN))} photos a second) |`,
    `| Azure | ${azure(course)} |`,
    `| deepest queues | ingest ${deepest('ingest')}, describe ${deepest('describe')}, organize ${deepest('organize')} |`,
    `| memory of functions, Azure and Auth | ${memory(samples, (sample) => sample.children)}; ${memory(samples, (sample) => sample.largest)} in the largest of ${Math.max(0, ...samples.map((sample) => sample.memory.processes))} processes |`,
    `| memory of driver and emulators | ${memory(samples, (sample) => sample.parent)} |`,
    `| processor time | ${one(parent)} s in driver and emulators, ${one(children)} s in the rest: ${two((parent + children) / photos)} s a photo; load ${one(mean(samples.map(({ load }) => load)))} |`,
    '',
    ...singlesTable(course),
    '',
    'Messages that wait + are hidden:',
    ...samples
      .filter((_, index) => index % every === 0)
      .map((sample) => progress(sample, course).replace(/ {2}azure.*refused/, '')),
  ].join('\n');
}

const sumOf = (depth: { waiting: number; hidden: number } | undefined) => (depth?.waiting ?? 0) + (depth?.hidden ?? 0);
