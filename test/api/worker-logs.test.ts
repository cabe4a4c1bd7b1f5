import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readEmbedded } from '../../local/metrics.ts';
import { METRICS } from '../../shared/contract/metrics.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { hashUserId } from '../../shared/lambda/logger.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET } from '../support/world.ts';
import { multipart } from './api.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

/** What a person may say, or a file or a model of them; each is found again in whatever holds it. */
const SAID = {
  name: 'Persephone',
  email: 'persephone@olympus.example',
  file: 'divorce-papers.jpg',
  album: 'Surgery of March',
  password: 'correct-horse-battery',
  caption: 'Wedding without Zeus',
  camera: 'Hephaistos One',
  city: 'Eleusis',
  question: 'pomegranate seeds',
  model: 'A woman weeps',
  // Of 41°58′12″ and 12°29′24″.
  latitude: '41.97',
  longitude: '12.49',
};

let shoebox: Pipeline;
let lines: string[] = [];
const secrets = new Set<string>(Object.values(SAID));
const call = (method: string, path: string, body?: object, more: object = {}) =>
  shoebox.call(method, path, { as: 'kore', ...(body && { body }), ...more });

beforeAll(async () => {
  shoebox = await startPipeline({ LOG_LEVEL: 'DEBUG', STAGE: 'prod', POWERTOOLS_METRICS_DISABLED: 'false' });
});
afterAll(() => shoebox.stop());

/** Runs with standard output and error caught; what is written is added to `lines`. */
async function overheard(run: () => Promise<void>): Promise<void> {
  const caught: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      caught.push(String(chunk));
      return true;
    });
  }
  try {
    await run();
  } finally {
    vi.restoreAllMocks();
  }
  lines = lines.concat(caught.join('').split('\n').filter(Boolean));
}

async function picture(format: 'jpeg' | 'tiff' | 'png' = 'jpeg', seed = 1): Promise<Buffer> {
  const sides = {
    GPSLatitude: '41/1 58/1 12/1',
    GPSLatitudeRef: 'N',
    GPSLongitude: '12/1 29/1 24/1',
    GPSLongitudeRef: 'E',
  };
  const words = { ImageDescription: SAID.caption, Artist: SAID.name, Make: SAID.camera, Copyright: SAID.email };
  return sharp(await drawPicture({ seed, width: 120, height: 80 }))
    .withExif({ IFD0: words, IFD3: sides })
    .toFormat(format)
    .toBuffer();
}

async function upload(bytes: Buffer): Promise<string> {
  const form = multipart([{ name: 'files', filename: SAID.file, content: bytes }]);
  const answer = await call('POST', '/images/upload', undefined, { body: form.body, headers: form.headers });
  return answer.json<{ items: { image_id: string }[] }>().items[0]?.image_id ?? '';
}

interface Receipt {
  stages: Record<string, { state: string; ms?: number; tokens?: number; cost_microusd?: number }>;
  processing_ms: number | null;
}

/** What a photo took, stage by stage, is told to its owner; words have their price. */
async function expectReceipt(id: string): Promise<void> {
  const { stages, processing_ms } = (await call('GET', `/images/${id}`)).json<Receipt>();
  for (const name of ['ingest', 'describe', 'organize']) expect(stages[name]?.ms, name).toBeGreaterThanOrEqual(0);
  expect(stages.describe?.tokens).toBeGreaterThan(1_000);
  expect(stages.describe?.cost_microusd).toBeGreaterThan(100);
  expect(processing_ms).toBeGreaterThan(0);
}

interface Line {
  [key: string]: unknown;
  message?: string;
  service?: string;
  image_id?: string;
}
/** What was logged, metrics left out. */
const told = (): Line[] => lines.filter((line) => readEmbedded(line).length === 0).map((line) => JSON.parse(line));

/** One photo came in, was worked on stage by stage, once each, and is done. */
function expectMetrics(): void {
  const all = lines.flatMap(readEmbedded);
  const of = (name: string) => all.filter(([known]) => known === name).flatMap(([, values]) => values);
  expect(of('PhotosDone')).toEqual([1]);
  for (const stage of ['ingest', 'describe', 'organize'])
    expect(of(`StageMilliseconds stage=${stage}`)).toHaveLength(1);
  expect(of('PhotoMilliseconds')[0]).toBeGreaterThan(0);
  expect(of('WaitMilliseconds')).toHaveLength(1);
  expect(of('AzureCalls').length).toBeGreaterThan(1);
  expect(new Set(of('AzureThrottled'))).toEqual(new Set([0]));
  // Of gpt-4o-mini: 900 tokens asked with, 120 answered, and the embedding.
  expect(of('AiSpendUsd')[0]).toBeCloseTo((900 * 0.15 + 120 * 0.6) / 1e6, 6);
  for (const line of lines.filter((line) => readEmbedded(line).length > 0)) {
    const { _aws, ...said } = JSON.parse(line);
    expect(_aws.CloudWatchMetrics[0].Namespace).toBe('Shoebox');
    expect(said.deployment).toBe('prod');
    const known = new Set([...Object.keys(METRICS), 'deployment', 'stage']);
    expect(Object.keys(said).filter((name) => !known.has(name))).toEqual([]);
  }
}

function expectSilence(): void {
  expect(lines.length).toBeGreaterThan(0);
  // A second of the clock may read like a degree.
  const says = (line: string) => line.replace(/"timestamp":"[^"]*"/, '');
  const told = lines.filter((line) => [...secrets].some((secret) => says(line).includes(secret)));
  expect(told.slice(0, 3)).toEqual([]);
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
}

test('photos, albums, people, links and downloads, from the upload to the zip', async () => {
  await overheard(async () => {
    const { model, work } = shoebox;
    model.says = {
      title: SAID.model,
      description: SAID.model,
      tags: [SAID.name],
      filename: SAID.file,
      text: SAID.email,
    };
    const id = await upload(await picture());
    await work();
    await expectReceipt(id);
    const place = { city: SAID.city };
    await call('PATCH', `/images/${id}`, { title: SAID.caption, display_name: SAID.file, tags: [SAID.name], place });
    await call('PATCH', `/images/${id}/faces/0`, { name: SAID.name });
    const album = await call('POST', '/albums/manual', {
      name: SAID.album,
      description: SAID.caption,
      image_ids: [id],
    });
    const { album_id } = album.json<{ album_id: string }>();
    await call('POST', '/albums', { kind: 'smart', name: SAID.album, query: { q: SAID.question } });
    await work();
    const terms = { name: SAID.name, password: SAID.password, location: true, download: true };
    const { token } = (await call('POST', `/albums/${album_id}/links`, terms)).json<{ token: string }>();
    secrets.add(token);
    const entered = await shoebox.call('POST', `/shared/${token}/access`, { body: { password: SAID.password } });
    const { access } = entered.json<{ access: string }>();
    secrets.add(access);
    await shoebox.call('POST', `/shared/${token}/access`, { body: { password: `${SAID.password}?` } });
    const seen = await shoebox.call('GET', `/shared/${token}/images`, { headers: { 'Share-Access': access } });
    expect(seen.status).toBe(200);
    await call('GET', '/search/images', undefined, {
      query: { q: SAID.question, place: SAID.city, camera: SAID.camera },
    });
    await call('GET', '/search/suggest', undefined, { query: { prefix: SAID.name } });
    for (const path of ['/people', '/albums', '/timeline', '/dashboard/location-analysis']) await call('GET', path);
    const { job_id } = (await call('POST', '/downloads', { album_id })).json<{ job_id: string }>();
    await work();
    const { result } = (await call('GET', `/jobs/${job_id}`)).json<{ result: { parts: { url: string }[] } }>();
    secrets.add(new URL(result.parts[0]?.url ?? '').searchParams.get('X-Amz-Signature') ?? 'no signature');
    await call('DELETE', `/images/${id}`);
    await call('DELETE', '/trash');
    await call('DELETE', '/people/data');
    await work();
  });
  expectSilence();
  expectMetrics();
  const [[photo, ...others]] = [[...new Set(told().flatMap(({ image_id }) => image_id ?? []))]];
  expect(others).toEqual([]);
  for (const line of told()) {
    expect(line.function_request_id, line.message).toBeDefined();
    if (['ingest', 'describe'].includes(line.service ?? '')) {
      expect(line, line.message).toMatchObject({
        image_id: photo,
        user: hashUserId('kore'),
        message_id: expect.any(String),
      });
    }
  }
  const journey = told().filter((line) => JSON.stringify(line).includes(photo ?? 'none'));
  expect([...new Set(journey.map(({ service }) => service))].sort()).toEqual(['api', 'describe', 'ingest', 'organize']);
  const services = new Set(lines.map((line) => JSON.parse(line).service));
  expect([...services].sort()).toEqual(expect.arrayContaining(['api', 'describe', 'ingest']));
  expect(lines.some((line) => line.includes(hashUserId('kore')))).toBe(true);
});

test('what goes wrong: files that cannot be read, a model that repeats what it was asked, messages of other shapes', async () => {
  lines = [];
  const { handler: faces } = await import('../../functions/faces/handler.ts');
  await overheard(async () => {
    const { model, work, deliver, world } = shoebox;
    for (const [seed, format] of (['jpeg', 'tiff', 'png'] as const).entries()) {
      const whole = await picture(format, 10 + seed);
      await upload(whole.subarray(0, whole.length - 200));
      await upload(Buffer.concat([Buffer.from(SAID.caption), whole]));
      // The words of the file itself stand where its tags are read.
      const names = whole.indexOf(SAID.name);
      if (names > 0)
        await upload(Buffer.concat([whole.subarray(0, names), Buffer.from(SAID.name), whole.subarray(names)]));
    }
    await work();
    const rejected = (await call('GET', '/images', undefined, { query: { status: 'rejected', limit: '1' } })).json<{
      items: Receipt[];
    }>();
    expect(rejected.items[0]?.stages.ingest).toMatchObject({ state: 'failed', ms: expect.any(Number) });

    for (const fails of [400, 401, 500]) {
      model.fails = fails;
      await upload(await picture('jpeg', fails));
      // Its message is to come back later, which those of this test cannot.
      await work().catch(() => undefined);
    }
    delete model.fails;

    const wrong = { type: SAID.name, user_id: [SAID.email], image_id: { [SAID.name]: SAID.caption }, name: SAID.album };
    for (const name of ['ingest', 'describe', 'organize', 'jobs'] as const) {
      for (const body of [wrong, SAID.caption, { Records: [wrong] }]) {
        await deliver(name, [body]).catch(() => undefined);
      }
    }
    await faces(sqsEvent(wrong), lambdaContext);
    const Key = incomingKey('kore', SAID.file);
    await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: SAID.caption }));
    await deliver('ingest', [{ Records: [{ s3: { object: { key: Key } } }] }]);

    for (const body of [{ name: { [SAID.name]: SAID.email } }, { name: SAID.album, [SAID.email]: 1 }]) {
      await call('POST', '/albums/manual', body);
    }
    await call('GET', `/albums/${encodeURIComponent(SAID.album)}`);
    await call('GET', `/shared/${SAID.password}`);
    await shoebox.call('POST', '/auth/token', { body: { username: SAID.email, password: SAID.password } });
  });
  expectSilence();
  const failed = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'ERROR');
  expect(new Set(failed.map(({ service }) => service)).size).toBeGreaterThan(2);
  expect(lines.filter((line) => line.includes('"Rejected"')).length).toBeGreaterThan(4);
});
