import { writeFile } from 'node:fs/promises';
import { startStack } from '../local/stack.ts';
import { profile } from './pipeline/profile.ts';

/**
 * The local stack in a process of its own, so that whoever uploads is not counted. Told by IPC: `start`, `stop` (of the profile), `end`.
 * `node bench/pipeline-stack.ts DIR '{"FACES":"off"}' [--no-ai] [--profile FILE]`, forked by bench/pipeline.ts.
 */
const [dataDir = '', env = '{}'] = process.argv.slice(2);
const stack = await startStack({
  dataDir,
  env: JSON.parse(env) as Record<string, string>,
  noAi: process.argv.includes('--no-ai'),
});
const file = process.argv[process.argv.indexOf('--profile') + 1];
let running: Awaited<ReturnType<typeof profile>> | undefined;

process.on('disconnect', () => process.exit(1));
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
