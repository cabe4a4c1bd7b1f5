import type { Image } from '../e2e/support/person.ts';
import type { Memory } from './memory.ts';
import { median } from './probe.ts';
import type { Depths } from './queues.ts';

export interface Sample {
  /** Since the burst began. */
  seconds: number;
  uploaded: number;
  memory: Memory;
  depths: Depths;
}

/** `busy`: alone, beside processes that compute for nothing. */
type When = 'alone' | 'busy' | 'uploading' | 'draining';

export interface Outcome {
  /** Of the burst, as they ended. */
  images: Image[];
  /** Of the other user. */
  singles: Record<When, Image[]>;
  deviations: string[];
  deadLetters: number;
  calls: { calls: number; throttled: number };
  /** Calls a second Azure took. */
  rate: number;
  /** Calls a second that describe makes when nothing holds it back. */
  demand: number;
  uploadSeconds: number;
  drainSeconds: number;
  peak: Memory;
  samples: Sample[];
  /** What single photos of the other user took. */
  seconds: Record<When, number[]>;
}

export interface Limits {
  photos: number;
  memoryMb: number;
  slower: number;
}

const count = (images: readonly Image[], status: string) => images.filter((image) => image.status === status).length;
const degraded = (images: readonly Image[]) => images.filter((image) => image.degraded).length;
const attempts = (images: readonly Image[]) => Math.max(0, ...images.map(({ stages }) => stages.describe.attempts));
const one = (number: number) => number.toFixed(1);
const MOST_ROWS = 12;

function depthsOf({ depths }: Sample): string {
  return Object.entries(depths)
    .map(([queue, { waiting, hidden }]) => `${queue} ${waiting}+${hidden}`)
    .join('  ');
}

function progress(sample: Sample, { calls, throttled }: { calls: number; throttled: number }): string {
  const { seconds, uploaded, memory } = sample;
  const azure = `azure ${calls} asked, ${throttled} refused`;
  return `${seconds.toFixed(0).padStart(5)} s  ${uploaded} uploaded  ${depthsOf(sample)}  ${azure}  ${memory.parent}+${memory.children} MiB`;
}

/** What was promised and does not hold. */
function brokenPromises(outcome: Outcome, { photos, memoryMb, slower }: Limits): string[] {
  const { images, singles, deviations, deadLetters, calls, peak, seconds } = outcome;
  const others = Object.values(singles).flat();
  const broken: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) broken.push(what);
  };
  check(count(images, 'done') === photos, `${count(images, 'done')} of ${photos} photos are done`);
  check(degraded(images) === 0, `${degraded(images)} photos are incomplete`);
  check(count(others, 'done') === others.length && degraded(others) === 0, 'a photo of the other user is not done');
  check(deviations.length === 0, `the recount finds: ${deviations.slice(0, 10).join('; ')}`);
  check(deadLetters === 0, `${deadLetters} dead letters`);
  check(calls.throttled > 0, 'Azure refused no call: something else was slower, and nothing is shown about it');
  check(peak.parent <= memoryMb, `the process with the emulators grew to ${peak.parent} MiB`);
  // The burst keeps the machine busy, which is no unfairness: that comparison is with a machine as busy.
  const alone = median(seconds.busy);
  for (const when of ['uploading', 'draining'] as const) {
    const took = median(seconds[when]);
    check(
      took <= slower * alone,
      `a single photo took ${one(took)} s while ${when}, ${one(alone)} s alone on a busy machine`,
    );
  }
  return broken;
}

function single(name: string, numbers: readonly number[], { alone, busy }: Outcome['seconds']): string {
  const ratios = [alone, busy].map((other) => `${(median(numbers) / median(other)).toFixed(2)} ×`);
  return `| the other user’s photo, ${name} | ${one(median(numbers))} s (${ratios.join(', ')}): ${numbers.map(one).join(' ')} |`;
}

const STAGES = ['ingest', 'describe', 'organize'] as const;
type Stage = (typeof STAGES)[number];

const moment = (text: string | null | undefined) => Date.parse(text ?? '') / 1_000;

/** Median of what is known. */
const middleOf = (images: readonly Image[], of: (image: Image) => number) =>
  median(images.map(of).filter((seconds) => !Number.isNaN(seconds)));

/** Median seconds from the beginning to the end of a stage. */
function medianSeconds(images: readonly Image[], name: Stage): number {
  return middleOf(images, ({ stages: { [name]: stage } }) => moment(stage.finished_at) - moment(stage.started_at));
}

/** Where the time of single photos went: medians, in seconds, of the waits before each stage and of the stages. */
function parts(images: readonly Image[]): string {
  const stages = STAGES.map((name, index) => {
    const before = STAGES[index - 1];
    const waited = middleOf(images, (image) => {
      const from = before ? image.stages[before].finished_at : image.created_at;
      return moment(image.stages[name].started_at) - moment(from);
    });
    return `${waited.toFixed(2)} until ${name}, ${medianSeconds(images, name).toFixed(2)} in it`;
  });
  return stages.join('; ');
}

function table(outcome: Outcome, { photos }: Limits): string {
  const { images, deviations, deadLetters, calls, rate, demand, uploadSeconds, drainSeconds, peak, samples, seconds } =
    outcome;
  const every = Math.max(1, Math.ceil(samples.length / MOST_ROWS));
  return [
    '| what | |',
    '| --- | --- |',
    `| photos | ${photos}: ${count(images, 'done')} done, ${degraded(images)} of them incomplete, ${count(images, 'failed')} failed, ${count(images, 'duplicate')} duplicates |`,
    `| recount | ${deviations.length} deviations, ${deadLetters} dead letters |`,
    `| attempts used up, most of a photo | ${attempts(images)} |`,
    `| Azure | takes ${rate.toFixed(2)} calls a second of the ${one(demand)} that describe makes unhindered (${Math.round((100 * rate) / demand)} %); ${calls.calls} asked, ${calls.throttled} refused |`,
    `| uploaded in | ${one(uploadSeconds)} s (${one(photos / uploadSeconds)} a second) |`,
    `| drained in | ${one(drainSeconds)} s (${(photos / drainSeconds).toFixed(2)} a second) |`,
    `| peak memory | ${peak.parent} MiB driver and emulators, ${peak.children} MiB in ${peak.processes} processes of functions, Azure and Auth |`,
    single('alone', seconds.alone, seconds),
    single('alone on a busy machine', seconds.busy, seconds),
    single('while the burst is uploaded', seconds.uploading, seconds),
    single('while it drains', seconds.draining, seconds),
    '',
    'Where single photos spent their seconds (medians):',
    ...(['alone', 'busy', 'uploading', 'draining'] as const).map((when) => `${when}: ${parts(outcome.singles[when])}`),
    '',
    'Messages that wait + are hidden:',
    ...samples
      .filter((_, index) => index % every === 0)
      .map(
        (sample) =>
          `${sample.seconds.toFixed(0).padStart(6)} s  ${depthsOf(sample)}  ${sample.memory.parent}+${sample.memory.children} MiB`,
      ),
  ].join('\n');
}

export const renderReport = { progress, table };
export { brokenPromises, medianSeconds };
