import { writeFile } from 'node:fs/promises';
import { endOnSignals, openScratch } from '../local/scratch.ts';
import { startStack } from '../local/stack.ts';
import { profile } from './pipeline/profile.ts';

/**
 * The local stack in a process of its own, so that whoever uploads is not counted. Told by IPC: `start`, `stop` (of the profile), `end`.
 * `node bench/pipeline-stack.ts '{"FACES":"off"}' [--no-ai] [--profile FILE]`, forked by bench/pipeline.ts.
 */
const [env = '{}'] = process.argv.slice(2);
// Its own: removed once all that write there have ended, also where it is told to end before it runs.
const dataDir = openScratch('shoebox-bench-');
endOnSignals();
process.on('disconnect', () => process.exit(1));
const stack = await startStack({
  dataDir,
  env: JSON.parse(env) as Record<string, string>,
  noAi: process.argv.includes('--no-ai'),
});
const file = process.argv[process.argv.indexOf('--profile') + 1];
let running: Awaited<ReturnType<typeof profile>> | undefined;

process.on('message', async (order: 'start' | 'stop' | 'end') => {
  if (order === 'start') {
    running = await profile();
    process.send?.({ started: stack.requests() });
  } else if (order === 'stop') {
    const seen = await running?.stop();
    if (process.argv.includes('--profile') && file) await writeFile(file, JSON.stringify(seen?.profile));
    process.send?.({ parts: seen?.parts ?? {}, requests: stack.requests() });
  } else {
    await stack.stop();
    process.exit(0);
  }
});
process.send?.({ url: stack.url });
