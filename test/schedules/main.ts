import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { readCommandLine, readNumber, readWhole } from '../../local/command-line.ts';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';
import { openStage } from './stage.ts';

const USAGE = `npm run schedules -- [options]

Plays random schedules of faults over small lives of a gallery, and counts at the end whether all is as it should be. A seed that
fails is shrunk to the smallest schedule found that does. Ends with 1 if any failed. About two seconds each.

  --seeds N      so many schedules (1000)
  --from N       the first one's seed (1)
  --shrink N     seconds for which a failing one is made smaller (120; 0 not at all)
  --kept         first those that have once failed (test/schedules/seeds)
  --twice N      so many of them a second time, which must go as the first
  --replay WHAT  only this one, telling what happens: a seed, a file, or a schedule as JSON
  --help         this text
`;

const asked = readCommandLine(
  USAGE,
  {
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      shrink: { type: 'string', default: '120' },
      replay: { type: 'string' },
      kept: { type: 'boolean', default: false },
      twice: { type: 'string', default: '0' },
    },
  },
  ({ values }) => ({
    from: readWhole('from', values.from, 1),
    seeds: readWhole('seeds', values.seeds, 1),
    shrink: readNumber('shrink', values.shrink, 0),
    kept: values.kept,
    twice: readWhole('twice', values.twice, 0),
    replayed: values.replay === undefined ? undefined : scheduleOf(values.replay),
  }),
);

const KEPT = new URL('./seeds/', import.meta.url);

/** Throws `RangeError` for what is neither a seed, a file nor JSON. */
function scheduleOf(replay: string): Schedule {
  if (/^\d+$/.test(replay)) return ofSeed(Number(replay));
  try {
    const given = JSON.parse(existsSync(replay) ? readFileSync(replay, 'utf8') : replay);
    const schedule: Schedule = given.schedule ?? given;
    if (Array.isArray(schedule.steps)) return schedule;
  } catch {
    // Said below.
  }
  throw new RangeError(`--replay: expected a seed, a file or a schedule as JSON, received "${replay.slice(0, 100)}"`);
}

function ofSeed(seed: number): Schedule {
  const [schedule] = fc.sample(schedules, { seed, numRuns: 1 });
  if (!schedule) throw new Error(`There is no schedule of seed ${seed}`);
  return schedule;
}

interface Failing {
  schedule: Schedule;
  says: string[];
}

const stage = await openStage();
let failed = 0;

/** The smallest schedule found that fails like that of a seed, and what it says. */
async function shrink(seed: number, first: Failing): Promise<Failing> {
  let smallest = first;
  const until = performance.now() + asked.shrink * 1000;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    // To be interrupted would leave a life going on beside the next one.
    if (performance.now() > until) return true;
    const { says } = await play(stage, schedule);
    if (says.length > 0) smallest = { schedule, says };
    return says.length === 0;
  });
  // Unbiased, as samples are drawn.
  await fc.check(property, { seed, numRuns: 1, unbiased: true });
  return smallest;
}

/** Without steps in which nothing happens. */
function trimmed({ steps, ...rest }: Schedule): Schedule {
  const idle = ({ act, work, wait }: Schedule['steps'][number]) => act.what === 'nothing' && work === 0 && wait === 0;
  return { ...rest, steps: steps.filter((step) => !idle(step)) };
}

async function tryOut(seed: number): Promise<void> {
  const schedule = ofSeed(seed);
  const { says, digest } = await play(stage, schedule);
  if (seed < asked.from + asked.twice && (await play(stage, schedule)).digest !== digest)
    says.push('played again, it goes otherwise');
  if (says.length === 0) return;
  failed += 1;
  const smallest = asked.shrink > 0 ? await shrink(seed, { schedule, says }) : { schedule, says };
  console.log(`Seed ${seed} fails. The smallest schedule found that does:`);
  console.log(JSON.stringify(trimmed(smallest.schedule)));
  for (const line of smallest.says) console.log(`  ${line}`);
  console.log(`  npm run schedules -- --replay ${seed}, or --replay with that JSON`);
}

async function replay(schedule: Schedule): Promise<void> {
  const { says, digest } = await play(stage, schedule, (line) => console.log(line));
  for (const line of says) console.log(`  ${line}`);
  console.log(`Digest of its requests: ${digest}`);
  failed += says.length;
}

async function playKept(): Promise<void> {
  for (const file of readdirSync(KEPT).sort()) {
    const { says } = await play(stage, scheduleOf(fileURLToPath(new URL(file, KEPT))));
    if (says.length === 0) continue;
    failed += 1;
    console.log([`${file} fails:`, ...says].join('\n  '));
  }
}

async function playSeeds(from: number, seeds: number): Promise<void> {
  const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
  const began = cpu();
  for (let seed = from; seed < from + seeds; seed += 1) {
    await tryOut(seed);
    const played = seed - from + 1;
    if (played % 50 !== 0 && played !== seeds) continue;
    const each = ((cpu() - began) / played / 1e6).toFixed(2);
    const which = `${played} schedules (seeds ${from}–${seed})`;
    const memory = Math.round(process.memoryUsage().rss / 1e6);
    console.log(`${which}, ${failed} failed; ${each} s of processor time each, ${memory} MB`);
  }
}

/** Modules are never forgotten, and each schedule starts its functions anew: so many to a process. */
const MOST_AT_ONCE = 250;

/** Plays seeds in processes of their own, one after another; answers whether all were well. */
function playInTurn(from: number, seeds: number): boolean {
  let well = true;
  for (let at = from; at < from + seeds; at += MOST_AT_ONCE) {
    const some = String(Math.min(MOST_AT_ONCE, from + seeds - at));
    const args = [process.argv[1] ?? '', '--from', String(at), '--seeds', some, '--shrink', String(asked.shrink)];
    well = spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0 && well;
  }
  return well;
}

if (asked.replayed) await replay(asked.replayed);
else {
  if (asked.kept) await playKept();
  const { from, seeds } = asked;
  if (seeds <= MOST_AT_ONCE) await playSeeds(from, seeds);
  else if (!playInTurn(from, seeds)) failed += 1;
}
await stage.stop();
process.exit(failed > 0 ? 1 : 0);
