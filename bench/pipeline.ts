/**
 * The whole pipeline on the local stack: images per second beside what ingest alone does with the same bytes, and where the time goes.
 * `npm run bench:pipeline -- [--photos 500] [--row faces|plain|no-ai|alone]... [--chart FILE.png] [--json FILE] [--profile FILE]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '../local/demo/client.ts';
import { type ProcessTime, watchProcesses } from './pipeline/cpu.ts';
import { choosePictures, type Picture } from './pipeline/photos.ts';
import type { Parts } from './pipeline/profile.ts';

const UPLOADS_AT_ONCE = 6;
const FORMS_AT_ONCE = 100;
const POLL_MS = 1_000;
const STANDSTILL_MS = 120_000;

const ROWS: Readonly<Record<string, { title: string; env: Record<string, string>; noAi: boolean }>> = {
  faces: { title: 'all stages', env: { FACES: 'on' }, noAi: false },
  plain: { title: 'without faces', env: { FACES: 'off' }, noAi: false },
  'no-ai': { title: 'without faces and Azure', env: { FACES: 'off' }, noAi: true },
};

interface Run {
  name: string;
  title: string;
  images: number;
  statuses: Record<string, number>;
  /** From the first upload form asked for to the last photo's end. */
  seconds: number;
  /** Until the last upload was accepted by S3. */
  uploaded_after: number;
  processes: ProcessTime[];
  /** Milliseconds of the main thread of the process that is the local stack. */
  parts: Parts;
  requests: Record<string, number>;
}

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '500' },
    row: { type: 'string', multiple: true },
    chart: { type: 'string' },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
});
const count = Number(values.photos);
const wanted = values.row ?? ['faces', 'plain', 'no-ai', 'alone'];

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`A process of the bench ended early (${code})`)));
  });
}

async function uploadAll(client: ReturnType<typeof createClient>, pictures: readonly Picture[]): Promise<number> {
  let sent = 0;
  for (let start = 0; start < pictures.length; start += FORMS_AT_ONCE) {
    const some = pictures.slice(start, start + FORMS_AT_ONCE);
    const tickets = await client.tickets(some);
    const next = some.entries();
    const worker = async () => {
      for (const [index, picture] of next) {
        const ticket = tickets[index];
        if (!ticket || !('upload' in ticket)) continue;
        await client.upload(ticket, picture);
        sent += 1;
      }
    };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  }
  return sent;
}

/** By their statuses, once all have ended. Asked for seldom: the answers cost the stack something too. */
async function waitForAll(client: ReturnType<typeof createClient>, sent: number): Promise<Record<string, number>> {
  let moved = performance.now();
  let before = '';
  for (;;) {
    const { by_status } = await client.stats();
    const now = JSON.stringify(by_status);
    if (now !== before) moved = performance.now();
    before = now;
    if (Object.values(by_status).reduce((sum, images) => sum + images, 0) >= sent) return by_status;
    if (performance.now() - moved > STANDSTILL_MS) throw new Error(`Nothing has moved for two minutes: ${now}`);
    await sleep(POLL_MS);
  }
}

async function runStack(name: string, pictures: readonly Picture[]): Promise<Run> {
  const row = ROWS[name];
  if (!row) throw new Error(`Expected one of ${Object.keys(ROWS).join(', ')} or alone, received "${name}"`);
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-bench-'));
  const profile = values.profile ? ['--profile', values.profile] : [];
  const child = fork(
    join(import.meta.dirname, 'pipeline-stack.ts'),
    [folder, JSON.stringify(row.env), ...(row.noAi ? ['--no-ai'] : []), ...profile],
    { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' } },
  );
  try {
    const { url } = await answer<{ url: string }>(child);
    const client = createClient(url);
    await client.signUp('bench@shoebox.local', 'correct horse battery', 'Bench');
    child.send('start');
    const { started } = await answer<{ started: Record<string, number> }>(child);
    const watch = watchProcesses(child.pid ?? 0, 'local stack');
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const sent = await uploadAll(client, pictures);
    const uploaded_after = seconds();
    const statuses = await waitForAll(client, sent);
    const took = seconds();
    const processes = watch.stop();
    child.send('stop');
    const { parts, requests } = await answer<{ parts: Parts; requests: Record<string, number> }>(child);
    for (const key of Object.keys(requests)) requests[key] = (requests[key] ?? 0) - (started[key] ?? 0);
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.send('end');
    await exited;
    return {
      name,
      title: row.title,
      images: sent,
      statuses,
      seconds: took,
      uploaded_after,
      processes,
      parts,
      requests,
    };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What ingest does with the same bytes, in one process and one picture at a time. */
async function runAlone(pictures: readonly Picture[]): Promise<{ images: number; cpu: number; seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-bench-'));
  for (const [index, { bytes }] of pictures.entries())
    writeFileSync(join(folder, String(index).padStart(6, '0')), bytes);
  try {
    return await answer(fork(join(import.meta.dirname, 'pipeline-alone.ts'), [folder]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const round = (value: number, digits = 2) => Number(value.toFixed(digits));

const pictures = await choosePictures(count);
const megabytes = pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
console.log(`${pictures.length} pictures, ${round(megabytes)} MB`);
const alone = wanted.includes('alone') ? await runAlone(pictures) : null;
if (alone) console.log(`ingest alone: ${alone.images} images, ${round((alone.cpu / alone.images) * 1000)} ms CPU each`);
const runs: Run[] = [];
for (const name of wanted.filter((name) => name !== 'alone')) {
  const run = await runStack(name, pictures);
  runs.push(run);
  const cpu = run.processes.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(
    `\n${run.title}: ${run.images} images in ${round(run.seconds, 1)} s (uploaded after ${round(run.uploaded_after, 1)} s): ` +
      `${round(run.images / run.seconds)} images/s; CPU ${round(cpu, 1)} s, ${round(cpu / run.images)} s per image`,
    run.statuses,
  );
  console.table(
    run.processes.map(({ name, seconds, main }) => ({
      process: name,
      'ms per image': round((seconds / run.images) * 1000, 1),
      'of it main thread': round((main / run.images) * 1000, 1),
      share: `${Math.round((100 * seconds) / cpu)} %`,
    })),
  );
  console.table(
    Object.entries(run.parts)
      .sort(([, a], [, b]) => b - a)
      .map(([part, ms]) => ({ 'part of the local stack': part, 'ms per image': round(ms / run.images, 1) })),
  );
  console.table(
    Object.entries(run.requests)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 14)
      .map(([request, times]) => ({ request, 'per image': round(times / run.images) })),
  );
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ photos: count, megabytes, alone, runs }, null, 2)}\n`);
