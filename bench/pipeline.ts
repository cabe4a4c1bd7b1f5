/** The whole pipeline on the local stack: images per second beside what ingest alone does with the same bytes, and where the time goes. */
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCommandLine, readWhole } from '../local/command-line.ts';
import { createClient } from '../local/demo/client.ts';
import { endOnSignals, openScratch } from '../local/scratch.ts';
import { type Bar, writeChart } from './pipeline/chart.ts';
import { type ProcessTime, watchProcesses } from './pipeline/cpu.ts';
import { choosePictures, type Picture } from './pipeline/photos.ts';
import type { Parts } from './pipeline/profile.ts';

const UPLOADS_AT_ONCE = 6;
const FORMS_AT_ONCE = 100;
const POLL_MS = 1_000;
const STANDSTILL_MS = 120_000;
/** Under this share of an image's time a part is among the others. */
const LEAST_SHARE = 0.015;
const STACK = 'local stack';

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

const ALONE = 'alone';

const USAGE = `npm run bench:pipeline -- [options]

The whole pipeline on the local stack: images per second beside what ingest alone does with the same bytes, and where the time goes.
Takes some minutes for each row.

  --photos N      so many pictures (500)
  --row NAME      only this row, may be given more than once: ${[...Object.keys(ROWS), ALONE].join(', ')}
  --chart FILE    draw them there, as PNG
  --json FILE     write all figures there
  --profile FILE  keep the local stack's processor profile there
  --help          this text
`;

const { values, count, wanted } = readCommandLine(
  USAGE,
  {
    options: {
      photos: { type: 'string', default: '500' },
      row: { type: 'string', multiple: true },
      chart: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  },
  ({ values }) => {
    const rows = [...Object.keys(ROWS), ALONE];
    const stranger = values.row?.find((name) => !rows.includes(name));
    if (stranger !== undefined) {
      throw new RangeError(`--row: expected one of ${rows.join(', ')}, received "${stranger}"`);
    }
    return { values, count: readWhole('photos', values.photos, 1), wanted: values.row ?? rows };
  },
);

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
  if (!row) throw new Error(`There is no row ${name}`);
  const profile = values.profile ? ['--profile', values.profile] : [];
  const child = fork(
    join(import.meta.dirname, 'pipeline-stack.ts'),
    [JSON.stringify(row.env), ...(row.noAi ? ['--no-ai'] : []), ...profile],
    { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TMPDIR: tmpdir() } },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const { url } = await answer<{ url: string }>(child);
    const client = createClient(url);
    await client.signUp('bench@shoebox.local', 'correct horse battery', 'Bench');
    child.send('start');
    const { started } = await answer<{ started: Record<string, number> }>(child);
    const watch = watchProcesses(child.pid ?? 0, STACK);
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
    // It ends what it has started, and removes its folder.
    if (child.connected) child.disconnect();
    await exited;
  }
}

/** What ingest does with the same bytes, in one process and one picture at a time. */
async function runAlone(pictures: readonly Picture[]): Promise<{ images: number; cpu: number; seconds: number }> {
  const folder = openScratch('shoebox-bench-');
  for (const [index, { bytes }] of pictures.entries())
    writeFileSync(join(folder, String(index).padStart(6, '0')), bytes);
  return await answer(fork(join(import.meta.dirname, 'pipeline-alone.ts'), [folder]));
}

/** Milliseconds of processor time for an image, by process; that of the local stack by its parts, as its profile divides its main thread. */
function divide({ processes, parts, images }: Run): Bar['parts'] {
  const profiled = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  const all = processes.flatMap(({ name, seconds, main }) => {
    if (name !== STACK) return [{ name, ms: (seconds * 1000) / images }];
    const threads = { name: `${STACK}: other threads`, ms: ((seconds - main) * 1000) / images };
    // The profile counts time in which the thread was ready and others ran.
    const share = (ms: number) => ((ms / profiled) * main * 1000) / images;
    return [threads, ...Object.entries(parts).map(([part, ms]) => ({ name: `${STACK}: ${part}`, ms: share(ms) }))];
  });
  const sum = all.reduce((total, { ms }) => total + ms, 0);
  const shown = all.filter(({ ms }) => ms >= LEAST_SHARE * sum).sort((a, b) => b.ms - a.ms);
  const others = sum - shown.reduce((total, { ms }) => total + ms, 0);
  return [...shown, { name: 'others', ms: others }];
}

const round = (value: number, digits = 2) => Number(value.toFixed(digits));

endOnSignals('Stopped.');
const pictures = await choosePictures(count);
const megabytes = round(pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6);
console.log(`${pictures.length} pictures, ${megabytes} MB`);
const alone = wanted.includes(ALONE) ? await runAlone(pictures) : null;
const aloneMs = alone ? (alone.cpu / alone.images) * 1000 : undefined;
if (aloneMs) console.log(`Ingest’s own work on them, alone: ${round(aloneMs)} ms of processor time for each`);
const bars: Bar[] = [];
const runs: Run[] = [];
for (const name of wanted.filter((name) => name !== ALONE)) {
  const run = await runStack(name, pictures);
  runs.push(run);
  const cpu = (run.processes.reduce((sum, { seconds }) => sum + seconds, 0) * 1000) / run.images;
  const ratio = aloneMs ? `, ${round(cpu / aloneMs, 1)} times ingest alone` : '';
  console.log(
    `\n${run.title}: ${round(run.images / run.seconds)} images/s (${run.images} in ${round(run.seconds, 1)} s, uploaded after ` +
      `${round(run.uploaded_after, 1)} s); ${round(cpu)} ms of processor time for each${ratio}`,
    run.statuses,
  );
  const parts = divide(run);
  bars.push({ title: `${run.title}, ${round(run.images / run.seconds)} images/s`, parts });
  console.log(`\n| where the time goes | ms per image | share |\n| --- | ---: | ---: |`);
  for (const { name: part, ms } of parts)
    console.log(`| ${part} | ${round(ms, 1)} | ${Math.round((100 * ms) / cpu)} % |`);
  const asked = Object.entries(run.requests).reduce((sum, [, times]) => sum + times, 0);
  console.log(`Requests to the emulators: ${round(asked / run.images, 1)} per image`);
}
if (aloneMs) bars.push({ title: 'ingest’s own work, alone', parts: [{ name: 'λ ingest', ms: aloneMs }] });
if (values.chart) await writeChart(values.chart, 'Processor time for one image on the local stack, ms', bars);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ photos: count, megabytes, alone, runs }, null, 2)}\n`);
