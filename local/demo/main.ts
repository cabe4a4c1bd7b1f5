import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCommandLine, readNumber } from '../command-line.ts';
import { checkFaults } from '../faults/check.ts';
import { idleFaults } from '../faults/grammar.ts';
import { openScratch } from '../scratch.ts';
import { startStack } from '../stack.ts';
import { createClient } from './client.ts';
import { findFiles } from './files.ts';
import { metricsReport } from './metrics-report.ts';
import { progressBar, report } from './report.ts';
import { runDemo } from './run.ts';
import { drawScenes } from './scenes.ts';

const USAGE = `npm run demo -- [DIR] [options]

Starts the local stack with an empty gallery, uploads the pictures below DIR (or 24 that it draws itself), waits until each has
been read, described and clustered, and says what became of them. Ends with 1 if any picture failed.

  --json            one summary on standard output, progress on standard error (npm run --silent keeps npm out of it)
  --metrics         say at the end what the dashboard would show: photos, times, calls, queues, errors
  --keep            leave the stack running afterwards, until Ctrl-C, and say how to reach it
  --time-scale N    queues wait 1/N of the time they would on AWS (default 60)
  --faults LIST     make things go wrong, such as describe:kill=3,azure:429=2 (npm start -- --help lists what can)
  --fault-seed N    where they strike is drawn from this number (1)
  --help            this text
`;

const readOptions = () =>
  readCommandLine(
    USAGE,
    {
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        metrics: { type: 'boolean', default: false },
        'time-scale': { type: 'string', default: '60' },
        faults: { type: 'string', default: '' },
        'fault-seed': { type: 'string', default: '1' },
      },
    },
    ({ values, positionals }) => {
      if (positionals.length > 1) {
        throw new RangeError(`Expected one folder, received ${positionals.length}: ${positionals.join(', ')}`);
      }
      const { json, keep, metrics } = values;
      return {
        ...{ json, keep, metrics },
        faults: checkFaults(values.faults),
        timeScale: readNumber('time-scale', values['time-scale'], 1),
        faultSeed: readNumber('fault-seed', values['fault-seed'], 0),
        folder: positionals[0] === undefined ? undefined : resolve(positionals[0]),
      };
    },
  );

const INTERRUPTED = 130;
/** A Ctrl-C reaches functions, too: what fails because of it may be heard of before the signal. */
const SIGNAL_MS = 250;

const say = (text: string) => process.stderr.write(`${text}\n`);

/** Settles with the first signal that asks to stop; the second one ends the process. */
function interruption(): Promise<typeof INTERRUPTED> {
  return new Promise((interrupted) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(INTERRUPTED);
      asked = true;
      interrupted(INTERRUPTED);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  });
}

async function main(): Promise<number> {
  const { folder: given, json, metrics, keep, timeScale, faults, faultSeed } = readOptions();
  const scratch = openScratch('shoebox-demo-');
  const interrupted = interruption();
  const folder = given ?? join(scratch, 'pictures');
  if (!given) await drawScenes(folder);
  const files = await findFiles(folder);
  if (files.length === 0) throw new Error(`There are no files in ${folder}.`);

  say(`Starting the local stack for ${files.length} pictures …`);
  const starting = startStack({ dataDir: join(scratch, 'data'), port: 0, timeScale, faults, faultSeed });
  const stack = await Promise.race([interrupted, starting]);
  // Half a stack: the guard ends what was started.
  if (stack === INTERRUPTED) return stopped();
  try {
    const email = `demo-${randomBytes(4).toString('hex')}@shoebox.local`;
    const password = randomBytes(9).toString('base64url');
    const client = createClient(stack.url);
    const bar = progressBar(process.stderr);
    const run = async () => {
      await client.signUp(email, password, 'Demo');
      return runDemo(client, files, bar.show);
    };
    const outcome = await Promise.race([interrupted, unlessFirst(interrupted, run())]).finally(bar.end);
    if (outcome === INTERRUPTED) return stopped();

    process.stdout.write(json ? `${JSON.stringify(outcome, null, 2)}\n` : `${report(outcome)}\n`);
    const idle = idleFaults(stack.neverCalled());
    if (idle) say(idle);
    if (metrics) {
      const shown = metricsReport(await stack.metrics());
      if (json) say(shown);
      else process.stdout.write(`${shown}\n`);
    }
    if (keep) {
      const lines = [`The stack is still running at ${stack.url}`, `every route: ${stack.url}/docs`];
      const doctor = `count it: npm run doctor -- --data ${stack.dataDir}`;
      const end = 'Ctrl-C stops it and deletes this gallery.';
      say(`\n${[...lines, `sign in: ${email} / ${password}`, doctor, end].join('\n  ')}`);
      await interrupted;
      stopped();
    }
    return outcome.images.some(({ status }) => status === 'failed') ? 1 : 0;
  } finally {
    await stack.stop();
  }
}

function stopped(): typeof INTERRUPTED {
  say('Stopped.');
  return INTERRUPTED;
}

/** What `run` comes to; where it fails and a signal turns out to be why, the signal. */
async function unlessFirst<T>(interrupted: Promise<typeof INTERRUPTED>, run: Promise<T>) {
  try {
    return await run;
  } catch (error) {
    const signal = await Promise.race([interrupted, sleep(SIGNAL_MS)]);
    if (signal === INTERRUPTED) return INTERRUPTED;
    throw error;
  }
}

try {
  process.exitCode = await main();
  // What was only half started goes on otherwise.
  if (process.exitCode === INTERRUPTED) process.exit();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
