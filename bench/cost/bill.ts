import type { Step } from '../requests/report.ts';
import { type Amounts, addAmounts } from './prices.ts';

/** Megabytes of memory of each function, as lib/ sets them; test/bench holds them against the template. */
export const MEMORY: Readonly<Record<string, number>> = {
  api: 1024,
  authorizer: 1024,
  media: 1024,
  ingest: 3008,
  describe: 1024,
  faces: 3008,
  organize: 1024,
};

/** What cannot be measured on a laptop, and is assumed. Milliseconds until a service answers, as a function in its region sees it. */
export const LATENCY_MS: Readonly<Record<string, number>> = {
  dynamodb: 5,
  s3: 35,
  sqs: 10,
  s3vectors: 80,
  secretsmanager: 10,
  sts: 20,
};
/** Of Azure: one chat with a picture, one embedding. */
export const AZURE_MS = 3_150;
/** A core of Lambda's arm64 takes this many times as long as one here; and below 1,769 MB a function has a part of one. */
export const SLOWER = 1.3;
const CORE_MB = 1_769;
/** One invocation in so many finds no sandbox, and loads its code for so long first. */
export const COLD = { one_in: 50, ms: 900 };
/** Bytes of Lambda's own lines about an invocation. */
export const PLATFORM_LOG_BYTES = 900;
const GB = 1e9;
const GIB = 1024 ** 3;
const VECTOR_PUT_BYTES = 128 * 1024;
/** Receiving and deleting, which the event source mapping does. */
const QUEUE_REQUESTS = 2;

/** Billed milliseconds of one invocation. */
export function billedMs({ function: name, cpu_ms, waits }: Step): number {
  const share = Math.min(1, (MEMORY[name] ?? CORE_MB) / CORE_MB);
  const waiting = Object.entries(waits).reduce((sum, [service, times]) => sum + times * (LATENCY_MS[service] ?? 0), 0);
  const azure = name === 'describe' ? AZURE_MS : 0;
  return (cpu_ms * SLOWER) / share + waiting + azure + COLD.ms / COLD.one_in;
}

const times = (step: Step, pattern: RegExp) =>
  Object.entries(step.requests).reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0);

/** What a step is billed for, all of its invocations together. `asked` by a client through the gateway. */
function amountsOf(step: Step, asked: boolean): Amounts {
  const fifo = step.function === 'organize' || times(step, /^sqs:SendMessageBatch/) > 0;
  const sent = times(step, /^sqs:/);
  const mapped = asked ? 0 : QUEUE_REQUESTS;
  return addAmounts([
    {
      lambdaRequest: 1,
      lambdaGbSecond: ((billedMs(step) / 1000) * (MEMORY[step.function] ?? 0)) / 1024,
      tableRead: step.reads,
      tableWrite: step.writes,
      objectPut: times(step, /^s3:(Put|List|Post)/),
      objectGet: times(step, /^s3:(Get|Head)/),
      vectorPut: (times(step, /^s3vectors:Put/) * VECTOR_PUT_BYTES) / GIB,
      vectorQuery: times(step, /^s3vectors:Query/),
      [fifo ? 'fifoRequest' : 'queueRequest']: sent + mapped,
      logs: (step.log_bytes + PLATFORM_LOG_BYTES) / GB,
      trace: 1,
      ...(asked && step.function !== 'authorizer' && { gatewayRequest: 1, transfer: step.bytes / GB }),
    },
    step.invocations,
  ]);
}

const PHOTO = ['ingest', 'faces', 'organize, too early', 'describe', 'organize'];

function find(steps: readonly Step[], name: string): Step {
  const step = steps.find((candidate) => candidate.name === name);
  if (!step) throw new Error(`Expected a measured step "${name}"; run bench:requests without --small`);
  return step;
}

/** A photo from its announcement to its end; what is kept of it is apart. Forms are asked for one by one, which is the dearest way. */
export function photo(steps: readonly Step[]): Amounts {
  return addAmounts(
    [amountsOf(find(steps, 'announce'), true), 1],
    ...PHOTO.map((name): [Amounts, number] => [amountsOf(find(steps, name), false), 1]),
    // The client's form, and S3's message about it.
    [{ objectPut: 1, queueRequest: 1 }, 1],
  );
}

/** Bytes of what is kept of a photo: an original of 12 megapixels, thumbnails, metadata; and its vector. */
export const KEPT = { original: 3_500_000, small: 6_000, medium: 70_000, raw: 2_000, vector: 512 * 4 + 40 };

/** What a photo costs in each month in which it is there; `tableBytes`: of all items that are written for it. */
export const kept = (tableBytes: number): Amounts => ({
  objectStorage: (KEPT.original + KEPT.small + KEPT.medium + KEPT.raw) / GB,
  tableStorage: tableBytes / GB,
  tableBackup: tableBytes / GB,
  vectorStorage: KEPT.vector / GB,
});

/** What a person with 10,000 photos does in a month. */
export const MONTH = {
  photos: 10_000,
  added: 150,
  sessions: 60,
  pages: 120,
  searches: 20,
  timelines: 60,
  small_thumbnails: 12_000,
  medium_thumbnails: 600,
  originals: 60,
};

export function usage(steps: readonly Step[]): Amounts {
  const served = MONTH.small_thumbnails + MONTH.medium_thumbnails + MONTH.originals;
  const bytes =
    MONTH.small_thumbnails * KEPT.small + MONTH.medium_thumbnails * KEPT.medium + MONTH.originals * KEPT.original;
  return addAmounts(
    [amountsOf(find(steps, 'authorize'), true), MONTH.sessions],
    [amountsOf(find(steps, 'page of 100'), true), MONTH.pages],
    [amountsOf(find(steps, 'search by a common word'), true), MONTH.searches],
    [amountsOf(find(steps, 'timeline'), true), MONTH.timelines],
    [{ objectGet: served, transfer: bytes / GB }, 1],
  );
}

/** Queues with a function behind them: four standard ones and one that is FIFO. Each is polled by five pollers, for 20 seconds at a time. */
const POLLERS = 5;
const POLLS = (POLLERS * 3_600 * 730) / 20;
const SWEEPS = (730 * 60) / 5;
/** Four kinds of eight shards, half a unit each where nothing is found; six dead-letter queues. */
const SWEEP: Amounts = { tableRead: 4 * 8 * 0.5, queueRequest: 6, lambdaRequest: 1, lambdaGbSecond: 0.35, trace: 1 };

/** How many metrics the alarms of the stack watch, each billed for itself; test/infra holds it against the template. */
export const ALARM_METRICS = 37;

/** What a stack costs in a month in which nobody does anything. */
export const idle = (): Amounts =>
  addAmounts([{ queueRequest: 4 * POLLS, fifoRequest: POLLS, secret: 1, alarm: ALARM_METRICS }, 1], [SWEEP, SWEEPS]);
