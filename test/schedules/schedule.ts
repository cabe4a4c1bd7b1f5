import fc from 'fast-check';
import { ALIKE, BROKEN } from './pictures.ts';

/** A schedule is data: what happens in a small gallery, in which order, and what goes wrong meanwhile. */
export interface Schedule {
  /** Pictures are encrypted with a key of each user's. */
  encrypted: boolean;
  steps: Step[];
  faults: Fault[];
}

export interface Step {
  act: Act;
  /** Deliveries made after it. */
  work: number;
  /** Which of the messages that could be delivered: 0 is the oldest. */
  pick: number;
  /** Seconds that pass, with all that is due meanwhile. */
  wait: number;
}

export const ACTS = [
  'nothing',
  'upload',
  'small-upload',
  'announce',
  'post-again',
  'edit',
  'retag',
  'trash',
  'restore',
  'erase',
  'empty-trash',
  'batch-trash',
  'reprocess',
  'reprocess-all',
  'recluster',
  'merge',
  'move',
  'name-cluster',
  'undo',
  'album',
  'fill-album',
  'clear-album',
  'drop-album',
  'smart-album',
  'auto-albums',
  'share',
  'name-person',
  'merge-people',
  'split-person',
  'move-face',
  'undo-people',
  'group-people',
  'forget-faces',
  'find-faces',
  'download',
  'close-account',
  'redrive',
  'rebuild',
] as const;

/** Something a person does, or (the last two) who runs the stack. What it means depends on what there is: numbers count round. */
export interface Act {
  what: (typeof ACTS)[number];
  user: number;
  photo: number;
  picture: number;
}

export const FUNCTIONS = ['api', 'ingest', 'describe', 'faces', 'organize', 'jobs', 'sweep'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];
export const QUEUES = ['ingest', 'describe', 'faces', 'organize', 'jobs'] as const;
export type QueueName = (typeof QUEUES)[number];
const SERVICES = ['dynamodb', 's3', 's3vectors', 'sqs', 'kms', 'azure'] as const;
export type Service = (typeof SERVICES)[number] | 'secretsmanager' | 'sts';

export const AZURE_FAULTS = [
  'throttle',
  'error',
  'refusePrompt',
  'refuseFinish',
  'refusal',
  'malformed',
  'garbage',
  'timeout',
] as const;
export type AzureFault = (typeof AZURE_FAULTS)[number];
export const FAILURES = ['throttle', 'error', 'unavailable', 'timeout'] as const;
export type Failure = (typeof FAILURES)[number];

export const STRIKES = ['killed-before', 'killed-after', 'lost', 'lost-for-good'] as const;
/** They come back when they are visible again, at once, or at once and, when they have been worked on, once more. */
const BACK = ['later', 'at-once', 'twice'] as const;
export type Back = (typeof BACK)[number];

/** The `run`-th invocation of a function (from 0), and those after it: `runs` in a row. */
interface Runs {
  fn: FunctionName;
  run: number;
  runs: number;
}

export type Fault =
  /** It dies of its `at`-th request to anybody, before that is carried out or, `applied`, after. */
  | ({ kind: 'kill'; at: number; applied: boolean } & Runs)
  /** Its `at`-th call of a service fails, and so do the next, `times` in a row: SDKs try three times. */
  | ({ kind: 'fail'; service: Service; at: number; times: number; how: Failure; applied: boolean } & Runs)
  /**
   * Of all that a function changes in a life, by its number from 0 on: it dies of these, or their answers get lost. `back`: what
   * becomes of the messages of one that died.
   */
  | { kind: 'strike'; fn: FunctionName; writes: number[]; how: (typeof STRIKES)[number]; back: Back }
  /** Its `at`-th request stands still for `turns` turns of the others; `twice`: its message is delivered again at once. */
  | { kind: 'hold'; fn: FunctionName; run: number; at: number; applied: boolean; turns: number; twice: boolean }
  | { kind: 'skew'; fn: FunctionName; seconds: number }
  /** The `call`-th question to Azure, and those after it. */
  | { kind: 'azure'; call: number; calls: number; how: AzureFault }
  /** A service is away, for everybody, from one turn to another. */
  | { kind: 'outage'; service: Service; turn: number; turns: number }
  /** The `message`-th sent to a queue comes `twice`, the second time after `seconds`, `late` by them, or never (S3's events only). */
  | { kind: 'message'; queue: QueueName; message: number; how: 'twice' | 'late' | 'lost'; seconds: number };

const often = <T>(weights: readonly (readonly [number, T])[]) =>
  fc.oneof({ withCrossShrink: true }, ...weights.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const LIKELY: Partial<Record<Act['what'], number>> = {
  nothing: 6,
  upload: 30,
  'small-upload': 3,
  announce: 2,
  'post-again': 4,
  edit: 5,
  retag: 3,
  trash: 6,
  restore: 6,
  erase: 6,
  reprocess: 6,
  recluster: 3,
  merge: 3,
  move: 4,
  undo: 3,
  'close-account': 1,
};

/** What leaves clusters and people otherwise than they were. */
const BY_HAND: readonly (readonly [number, Act['what']])[] = [
  [5, 'move'],
  [4, 'merge'],
  [4, 'undo'],
  [3, 'recluster'],
  [2, 'name-cluster'],
  [4, 'trash'],
  [4, 'restore'],
  [4, 'erase'],
  [2, 'empty-trash'],
  [2, 'batch-trash'],
  [3, 'reprocess'],
  [1, 'reprocess-all'],
  [1, 'edit'],
  [1, 'retag'],
  [1, 'move-face'],
  [1, 'merge-people'],
  [1, 'split-person'],
  [1, 'undo-people'],
  [1, 'forget-faces'],
  [2, 'upload'],
  [1, 'post-again'],
  [1, 'rebuild'],
  [1, 'redrive'],
];

const user = often([
  [5, 0],
  [1, 1],
]);
const act: fc.Arbitrary<Act> = fc.record({
  what: often(ACTS.map((what) => [LIKELY[what] ?? 2, what] as const)),
  user,
  photo: fc.nat(5),
  picture: fc.nat(6),
});
const byHand: fc.Arbitrary<Act> = fc.record({
  what: often(BY_HAND),
  user: fc.constant(0),
  photo: fc.nat(5),
  picture: fc.nat(6),
});

const after = {
  work: fc.nat(7),
  pick: often([
    [4, 0],
    [1, 1],
    [1, 2],
    [1, 5],
  ]),
  wait: often(
    [
      [6, 0],
      [2, 30],
      [2, 400],
      [2, 1000],
      [1, 4000],
      [0.2, 3_000_000],
    ].map(([weight = 1, seconds = 0]) => [Math.round(weight * 5), seconds] as const),
  ),
};
const step: fc.Arbitrary<Step> = fc.record({ act, ...after });
/** Enough photos for a cluster, first of all. */
const begins: fc.Arbitrary<Step> = fc.record({
  act: fc.record({
    what: often([
      [1, 'nothing'],
      [20, 'upload'],
    ] as const),
    user: fc.constant(0),
    photo: fc.nat(5),
    picture: fc.constantFrom(0, 1, 5, 0, 1, 5, 2, 3, 4, 6),
  }),
  ...after,
});

/** A gallery with a cluster in it, before anything else is done. */
const gallery = fc
  .tuple(
    fc.shuffledSubarray([...ALIKE], { minLength: 3, maxLength: 4 }),
    fc.array(fc.constantFrom(2, 3, 9, 4), { minLength: 0, maxLength: 1, size: 'max' }),
    fc.array(fc.record({ promised: fc.boolean(), ...after, work: fc.integer({ min: 3, max: 7 }) }), {
      minLength: 5,
      maxLength: 5,
      size: 'max',
    }),
  )
  .map(([alike, others, rest]): Step[] =>
    [...alike, ...others].map((picture, number) => {
      const { promised = false, work = 5, pick = 0, wait = 0 } = rest[number] ?? {};
      return { act: { what: 'upload', user: 0, photo: promised ? 0 : 1, picture }, work, pick, wait };
    }),
  );
/** The same few bytes, several times at once: announced, posted to forms of others, given up. */
const rivals = fc.array(
  fc.record({
    act: fc.record({
      what: often([
        [12, 'upload'],
        [2, 'small-upload'],
        [4, 'post-again'],
        [2, 'trash'],
        [1, 'restore'],
        [2, 'erase'],
        [1, 'reprocess'],
      ] as const),
      user: fc.constant(0),
      photo: fc.integer({ min: 1, max: 4 }),
      picture: fc.constantFrom(0, 0, 0, 1, BROKEN),
    }),
    ...after,
    work: fc.nat(3),
  }),
  { minLength: 3, maxLength: 8, size: 'max' },
);
const rested: Step = { act: { what: 'nothing', user: 0, photo: 0, picture: 0 }, work: 7, pick: 0, wait: 30 };

/** How often each is chosen, how many runs of it there are in a small life, how many requests it makes in one, and how much it changes in all: about. */
const USUAL: Record<FunctionName, { weight: number; runs: number; requests: number; writes: number }> = {
  api: { weight: 2, runs: 12, requests: 9, writes: 20 },
  ingest: { weight: 6, runs: 5, requests: 24, writes: 50 },
  describe: { weight: 3, runs: 6, requests: 22, writes: 35 },
  faces: { weight: 2, runs: 6, requests: 18, writes: 30 },
  organize: { weight: 12, runs: 10, requests: 45, writes: 140 },
  jobs: { weight: 5, runs: 5, requests: 40, writes: 20 },
  sweep: { weight: 2, runs: 3, requests: 45, writes: 8 },
};
/** One run of one function, and one of its requests. */
const somewhere = fc.oneof(
  ...FUNCTIONS.map((name) => {
    const { weight, runs, requests } = USUAL[name];
    const place = { fn: fc.constant(name), run: fc.nat(runs), at: fc.nat(requests) };
    return { weight, arbitrary: fc.record(place) };
  }),
);
const runs = often([
  [8, 1],
  [3, 2],
  [2, 4],
  // More often than the queue delivers.
  [4, 11],
  [1, 16],
]);
const service = often<Service>([
  [6, 'dynamodb'],
  [4, 's3'],
  [3, 's3vectors'],
  [3, 'sqs'],
  [2, 'kms'],
]);

const beside = <A extends object, B extends object>(
  one: fc.Arbitrary<A>,
  rest: { [Name in keyof B]: fc.Arbitrary<B[Name]> },
) => fc.tuple(one, fc.record(rest) as fc.Arbitrary<B>).map(([a, b]): A & B => ({ ...a, ...b }));

const strikeOf = (fn: FunctionName, least: number, most: number): fc.Arbitrary<Fault> =>
  fc.record({
    kind: fc.constant('strike' as const),
    fn: fc.constant(fn),
    writes: fc.uniqueArray(fc.nat(USUAL[fn].writes), { minLength: least, maxLength: most, size: 'max' }),
    how: often([
      [5, 'killed-after'],
      [2, 'killed-before'],
      [2, 'lost'],
      [1, 'lost-for-good'],
    ] as const),
    back: often([
      [2, 'later'],
      [3, 'at-once'],
      [2, 'twice'],
    ] as const),
  });
const strike = fc.oneof(
  ...FUNCTIONS.map((fn) => ({
    weight: USUAL[fn].weight,
    arbitrary: strikeOf(fn, 1, fn === 'organize' ? 8 : 4),
  })),
);
/** Whoever writes most, and derives from what it wrote before, is struck nearly always; and who takes the bytes. */
const deaths = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Fault[]>([]) },
  { weight: 4, arbitrary: strikeOf('organize', 3, 9).map((one) => [one]) },
  { weight: 2, arbitrary: strikeOf('ingest', 2, 6).map((one) => [one]) },
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 30, arbitrary: strike },
  { weight: 11, arbitrary: beside(somewhere, { kind: fc.constant('kill' as const), runs, applied: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: beside(somewhere, {
      kind: fc.constant('fail' as const),
      runs,
      service,
      times: often([
        [3, 1],
        [1, 2],
        [3, 3],
        [1, 9],
      ]),
      how: fc.constantFrom(...FAILURES),
      applied: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: beside(somewhere, {
      kind: fc.constant('hold' as const),
      applied: fc.boolean(),
      turns: fc.integer({ min: 1, max: 12 }),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('skew' as const),
      fn: fc.constantFrom(...FUNCTIONS),
      seconds: fc.constantFrom(-600, -100, -1, 1, 100, 600),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('azure' as const),
      call: fc.nat(12),
      calls: often([
        [5, 1],
        [2, 3],
        [1, 20],
      ]),
      how: fc.constantFrom(...AZURE_FAULTS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('outage' as const),
      service: fc.constantFrom(...SERVICES),
      turn: fc.nat(30),
      turns: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      queue: fc.constantFrom(...QUEUES),
      message: fc.nat(14),
      how: fc.constantFrom('twice' as const, 'twice' as const, 'late' as const, 'lost' as const),
      seconds: fc.constantFrom(0, 0, 60, 400, 3000),
    }),
  },
);

/** Every schedule there is, each by its seed. */
export const schedules: fc.Arbitrary<Schedule> = fc.record({
  encrypted: often([
    [3, false],
    [1, true],
  ]),
  steps: fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.array(begins, { minLength: 3, maxLength: 6, size: 'max' }),
          fc.array(step, { minLength: 2, maxLength: 10, size: 'max' }),
        )
        .map(([first, rest]) => [...first, ...rest]),
    },
    { weight: 1, arbitrary: rivals },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          gallery,
          fc.array(fc.record({ act: byHand, ...after }), { minLength: 2, maxLength: 6, size: 'max' }),
          fc.array(step, { minLength: 0, maxLength: 2, size: 'max' }),
        )
        .map(([first, ...rest]) => [...first, rested, ...rest.flat()]),
    },
  ),
  faults: fc
    .tuple(deaths, fc.array(fault, { minLength: 1, maxLength: 8, size: 'max' }))
    .map(([first, rest]) => [...first, ...rest]),
});
