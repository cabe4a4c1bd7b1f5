import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../stack.ts';
import { createClient } from './client.ts';
import { findFiles } from './files.ts';
import { progressBar, report } from './report.ts';
import { runDemo } from './run.ts';
import { drawScenes } from './scenes.ts';

const USAGE = `npm run demo -- [DIR] [options]

Starts the local stack with an empty gallery, uploads the pictures below DIR (or 24 that it draws itself), waits until each has
been read, described and clustered, and says what became of them. Ends with 1 if any picture failed.

  --json            one summary on standard output, progress on standard error (npm run --silent keeps npm out of it)
  --keep            leave the stack running afterwards and say how to reach it
  --time-scale N    queues wait 1/N of the time they would on AWS (default 60)
  --faults LIST     make things go wrong, such as describe:kill=3,azure:429=2 (npm start -- --help lists what can)
  --fault-seed N    where they strike is drawn from this number (1)
  --help            this text
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      'time-scale': { type: 'string', default: '60' },
      faults: { type: 'string', default: '' },
      'fault-seed': { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const timeScale = Number(values['time-scale']);
  if (!(timeScale >= 1)) throw new Error(`--time-scale: expected a number from 1, got ${values['time-scale']}`);
  const faultSeed = Number(values['fault-seed']);
  if (!(faultSeed >= 0)) throw new Error(`--fault-seed: expected a number from 0, got ${values['fault-seed']}`);
  if (positionals.length > 1)
    throw new Error(`Expected one folder, got ${positionals.length}: ${positionals.join(', ')}`);

  const say = (text: string) => process.stderr.write(`${text}\n`);
  const scratch = await mkdtemp(join(tmpdir(), 'shoebox-demo-'));
  const folder = positionals[0] ? resolve(positionals[0]) : join(scratch, 'pictures');
  if (!positionals[0]) await drawScenes(folder);
  const files = await findFiles(folder);
  if (files.length === 0) throw new Error(`There are no files in ${folder}.`);

  say(`Starting the local stack for ${files.length} pictures …`);
  const { faults } = values;
  const stack = await startStack({ dataDir: join(scratch, 'data'), port: 0, timeScale, faults, faultSeed });
  const interrupted = new Promise<void>((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
  const stop = async () => {
    await stack.stop();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    const email = `demo-${randomBytes(4).toString('hex')}@shoebox.local`;
    const password = randomBytes(9).toString('base64url');
    const client = createClient(stack.url);
    await client.signUp(email, password, 'Demo');
    const bar = progressBar(process.stderr);
    const outcome = await Promise.race([runDemo(client, files, bar.show), interrupted]);
    bar.end();
    if (!outcome) return 130;

    process.stdout.write(values.json ? `${JSON.stringify(outcome, null, 2)}\n` : `${report(outcome)}\n`);
    if (values.keep) {
      const lines = [`The stack is still running at ${stack.url}`, `every route: ${stack.url}/docs`];
      say(`\n${[...lines, `sign in: ${email} / ${password}`, 'Ctrl-C stops it.'].join('\n  ')}`);
      await interrupted;
    }
    return outcome.images.some(({ status }) => status === 'failed') ? 1 : 0;
  } finally {
    await stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
