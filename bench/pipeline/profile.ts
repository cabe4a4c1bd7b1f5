import { Session } from 'node:inspector/promises';

/** Milliseconds of the main thread by part of the local stack. */
export type Parts = Record<string, number>;

const INTERVAL_US = 2_000;

/** The first that fits a frame's file decides, from the innermost frame outwards: a signature checked for S3 is a signature. */
const PARTS: readonly [part: string, file: RegExp][] = [
  ['signatures', /local\/emulators\/(sigv4|authenticator|credentials)/],
  [
    'DynamoDB',
    /node_modules\/(dynalite|lazy|bignumber\.js|classic-level|level|abstract-level|subleveldown|memory-level|async|big\.js)|local\/emulators\/dynamodb/,
  ],
  ['S3', /local\/emulators\/s3\//],
  ['S3 Vectors', /local\/emulators\/s3-vectors\//],
  ['SQS', /local\/emulators\/sqs\//],
  ['Azure: HTTP, words', /local\/emulators\/azure\//],
  ['other services', /local\/emulators\/(kms|sts|secrets)/],
  ['gateway', /local\/gateway/],
  ['queue pollers', /local\/(queue|notif)|node_modules\/@(aws-sdk|smithy|aws)\//],
  ['function host', /local\/(lambda|stack|schedules)|node:internal\/child_process/],
  ['SQLite files', /local\/emulators\/database/],
  ['HTTP', /local\/emulators\/(gate|json-service)|node:(_http|http|net|internal\/(http|stream|net))/],
];

/** The profile's ways of saying that nothing ran. */
const IDLE = new Set(['(idle)', '(root)']);

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples?: number[];
  timeDeltas?: number[];
}

/** Adds a profile's samples up by part. */
export function partsOf({ nodes, samples = [], timeDeltas = [] }: Profile): Parts {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const known = new Map<number, string | null>();
  function partOf(id: number | undefined): string | null {
    const node = id === undefined ? undefined : byId.get(id);
    if (id === undefined || !node) return null;
    const cached = known.get(id);
    if (cached !== undefined) return cached;
    const { functionName, url } = node.callFrame;
    const named = PARTS.find(([, file]) => file.test(url))?.[0];
    const part = functionName === '(garbage collector)' ? 'garbage' : (named ?? partOf(parents.get(id)));
    known.set(id, part);
    return part;
  }
  const sums: Parts = {};
  for (const [index, id] of samples.entries()) {
    if (IDLE.has(byId.get(id)?.callFrame.functionName ?? '')) continue;
    const part = partOf(id) ?? 'Node itself';
    sums[part] = (sums[part] ?? 0) + (timeDeltas[index] ?? 0) / 1_000;
  }
  return sums;
}

/** Profiles this process until `stop`, which answers where its main thread has spent its time. */
export async function profile(): Promise<{ stop(): Promise<{ parts: Parts; profile: Profile }> }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  return {
    async stop() {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      return { parts: partsOf(profile), profile };
    },
  };
}
