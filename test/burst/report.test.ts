import { expect, test } from 'vitest';
import type { Image } from '../e2e/support/person.ts';
import { type Circumstance, type Course, openCourse } from './course.ts';
import type { Options } from './options.ts';
import { brokenPromises, renderReport } from './report.ts';
import { chooseThrottle } from './throttle.ts';

const at = (seconds: number) => new Date(1_790_000_000_000 + seconds * 1_000).toISOString();

/** A photo that was done, `seconds` of it in describe. */
function photo(seconds: number): Image {
  const stage = { state: 'done', attempts: 1, started_at: at(0), finished_at: at(seconds) };
  const stages = { ingest: stage, describe: stage, organize: stage };
  return { status: 'done', degraded: false, created_at: at(0), stages } as unknown as Image;
}

const options: Options = {
  photos: 3,
  uploadsPerSecond: 25,
  seed: 1,
  throttle: 10,
  rate: undefined,
  timeScale: 2,
  singles: 2,
  pauseSeconds: 10,
  memoryMb: 500,
  slower: 3,
};

/** A burst that kept every promise. */
function kept(): Course {
  const single = (when: Circumstance, seconds: number) => ({ when, seconds, image: photo(seconds) });
  const sample = (seconds: number) => ({
    seconds,
    uploaded: 3,
    memory: { parent: 400, children: 2_000, largest: 200, processes: 17 },
    depths: { describe: { waiting: 2, hidden: 1 } },
    load: 2,
  });
  return {
    ...openCourse(),
    throttle: { demand: 60, asked: 20, rate: 6 },
    singles: [single('alone', 1), single('busy', 2), single('reading', 3), single('describing', 2)],
    samples: [0, 5, 10].map(sample),
    uploaded: 3,
    ends: { uploaded: 2, read: 5, drained: 10 },
    calls: {
      before: { calls: 10, throttled: 1, postponed: 1 },
      after: { calls: 20, throttled: 4, postponed: 9 },
    },
    images: [photo(1), photo(1), photo(1)],
    deviations: [],
    deadLetters: 0,
  };
}

test('a burst that kept its promises broke none, and shows its figures', () => {
  expect(brokenPromises(kept(), options)).toEqual([]);
  const report = renderReport(kept(), options);
  expect(report).toContain('asked 10 times, refused 3 (30 %)');
  expect(report).toContain('| while the burst’s photos are read | 1 | 3.0 | 3.00 ×, 1.50 × | 3.0 | 3.0 |');
  expect(report).toContain('describe 3');
});

test.each<[string, (course: Course) => void, RegExp]>([
  ['a photo was lost', (course) => course.images?.pop(), /2 of 3 photos are done/],
  ['the recount differs', (course) => course.deviations?.push('a counter'), /a counter/],
  [
    'Azure refused nothing',
    (course) => (course.calls.after = { ...course.calls.before, calls: 20 }),
    /refused no call/,
  ],
  [
    'Azure took more than a tenth',
    (course) => (course.throttle = { demand: 60, asked: 20, rate: 7 }),
    /more than 1\/10/,
  ],
  ['the emulators grew', (course) => (course.samples[1]!.memory.parent = 501), /grew to 501 MiB/],
  ['the functions grow', (course) => (course.samples[2]!.memory.children = 2_501), /functions grew from 2000.0 MiB/],
  [
    'the other user stood in a line',
    (course) =>
      course.singles.push(...[7, 8, 9].map((seconds) => ({ when: 'describing' as const, seconds, image: photo(1) }))),
    /took 7.5 s \(median\) while describing/,
  ],
])('a burst is no good where %s', (_, spoil, expected) => {
  const course = kept();
  spoil(course);
  expect(brokenPromises(course, options)).toContainEqual(expect.stringMatching(expected));
});

test('what is known is shown of a burst that was stopped', () => {
  const report = renderReport({ ...openCourse(), uploaded: 1 }, options);
  expect(report).toContain('3, 1 uploaded: not looked at');
  expect(report).not.toMatch(/NaN|Infinity|undefined/);
});

test('Azure takes a tenth of what describe would ask for; less, where it would have nothing to refuse', () => {
  const alone = [photo(0.1), photo(0.1), photo(0.3)];
  const { demand, asked, rate } = chooseThrottle(alone, 50, 10);
  expect(asked).toBe(100);
  expect(rate).toBe(demand / 10);
  expect(chooseThrottle(alone, 2, 10).rate).toBeCloseTo(0.6 * 4);
});
