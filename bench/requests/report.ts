import type { Usage } from './meter.ts';

/** What one invocation of one function took, on average. */
export interface Step extends Usage {
  /** What it is done for. */
  name: string;
  function: string;
  /** Invocations for one photo, or one request. */
  invocations: number;
  cpu_ms: number;
  log_bytes: number;
  /** Bytes of the answer to the client. */
  bytes: number;
}

/** Steps by number of photos in the gallery. */
export type Measured = Record<string, Step[]>;

/** A search whose matches grow with the gallery, and so what it reads, up to where lists are read no further. */
export const COMMON = 'a common word';

/** What one is to measure up to: more units than this, in comparison with the smallest gallery, are growth. */
const MOST_GROWTH = 1.1;
/** A unit or so is rounding. */
const ROUNDING = 2;

/** What grows with the gallery, in words; nothing is the goal. */
export function growing(measured: Measured): string[] {
  const [[smallest, first] = ['', []], ...others] = Object.entries(measured);
  return others.flatMap(([photos, steps]) =>
    steps.flatMap((step, index) => {
      const before = first[index];
      if (!before || step.name.includes(COMMON)) return [];
      const words = (what: string, from: unknown, to: unknown) =>
        `${step.name}: ${what} ${from} among ${smallest} photos, ${to} among ${photos}`;
      const grown = (['reads', 'writes', 's3_up', 's3_down', 'vector_bytes', 'bytes'] as const).flatMap((what) =>
        step[what] > before[what] * MOST_GROWTH + ROUNDING ? [words(what, before[what], step[what])] : [],
      );
      // A young cluster is looked at again at a few sizes: the smallest gallery may ask for more.
      const asked = Object.entries(step.requests).flatMap(([request, times]) => {
        const known = before.requests[request] ?? 0;
        return times > known ? [words(request, known, times)] : [];
      });
      return [...asked, ...grown];
    }),
  );
}

const sum = (counts: Record<string, number>, service: string) =>
  Object.entries(counts).reduce((all, [name, count]) => all + (name.startsWith(`${service}:`) ? count : 0), 0);
const short = (value: number) => String(Number(value.toFixed(value < 10 ? 1 : 0)));

/** A table for each size in Markdown. */
export function tables(measured: Measured): string {
  return Object.entries(measured)
    .map(([photos, steps]) => {
      const rows = steps.map((step) =>
        [
          step.name,
          short(step.invocations),
          short(step.cpu_ms),
          short(sum(step.requests, 'dynamodb')),
          short(step.reads),
          `${short(step.writes)} (${short(step.index_writes)})`,
          short(sum(step.requests, 's3')),
          `${short(step.s3_up / 1000)} / ${short(step.s3_down / 1000)}`,
          short(sum(step.requests, 'sqs')),
          short(sum(step.requests, 's3vectors')),
          short(step.log_bytes),
          short(step.bytes / 1000),
        ].join(' | '),
      );
      return [
        `Among ${Number(photos).toLocaleString('en')} photos:`,
        '',
        '| step | λ calls | CPU ms | DynamoDB requests | read units | write units (indexes) | S3 requests | S3 KB up / down | SQS | S3 Vectors | log B | answer KB |',
        `| --- |${' ---: |'.repeat(11)}`,
        ...rows.map((row) => `| ${row} |`),
      ].join('\n');
    })
    .join('\n\n');
}
