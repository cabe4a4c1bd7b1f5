import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import type { ImageView, JobView, Problem } from '../../shared/contract/schemas.ts';
import { freshStages, type ImageRecord, STAGES } from '../../shared/domain/image.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { storeListed } from '../support/listed.ts';
import { donePhoto, imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi({ AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9' });
});
afterAll(() => api.stop());

const images = () => createImages(api.world.table, TABLE, () => new Date());
const key = (userId: string, number: number) => ({ userId, imageId: imageId(number) });
const reprocess = (as: string, number: number, body?: object) =>
  api.call('POST', `/images/${imageId(number)}/reprocess`, { as, ...(body && { body }) });
async function drained() {
  const [ingest, describe, faces, organize] = [
    await api.world.drain('ingest'),
    await api.world.drain('describe'),
    await api.world.drain('faces'),
    await api.world.drain('organize'),
  ];
  return { ingest, describe, faces, organize };
}

describe('running one photo again', () => {
  test('begins at its first stage, as its next generation; what it says stays, and so does what it has cost', async () => {
    await images().create(donePhoto('ada', 1, { error: { code: 'old', message: 'Old.' } }));
    await drained();
    const answer = await reprocess('ada', 1);
    expect(answer.status).toBe(202);
    expect(answer.json<ImageView>()).toMatchObject({ status: 'processing', title: 'A beach', error: null });
    const record = await images().get(key('ada', 1));
    expect(record).toMatchObject({
      generation: 1,
      status: 'processing',
      described_by: { prompt_version: 'describe-1' },
      stages: {
        ingest: { state: 'pending', attempts: 0 },
        describe: { state: 'pending', attempts: 0, tokens: 900, cost_microusd: 400 },
        organize: { state: 'pending', attempts: 0 },
      },
    });
    expect(Date.parse(record?.processing_started_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const object = { bucket: { name: BUCKET }, object: { key: incomingKey('ada', imageId(1)) } };
    expect(await drained()).toEqual({
      ingest: [{ Records: [expect.objectContaining({ s3: object })] }],
      describe: [],
      faces: [],
      organize: [],
    });
    // Sweep finds it standing still where that message was lost.
    const stale = await Array.fromAsync(images().stale(new Date(Date.now() + 1000)));
    expect(stale.map(({ image_id }) => image_id)).toContain(imageId(1));
  });

  test.each([
    [['describe'], { describe: [{ user_id: 'bea', image_id: imageId(2) }] }],
    [['faces'], { faces: [{ user_id: 'bea', image_id: imageId(2) }] }],
    [
      ['faces', 'describe'],
      {
        faces: [{ user_id: 'bea', image_id: imageId(2) }],
        describe: [{ user_id: 'bea', image_id: imageId(2) }],
      },
    ],
    [['organize'], { organize: [{ type: 'described', event_id: `described:${imageId(2)}:1` }] }],
    [['organize', 'ingest'], { ingest: [{}] }],
  ])('through %j begins there', async (stages, messages) => {
    await images().erase(key('bea', 2));
    await images().create(donePhoto('bea', 2));
    await drained();
    expect((await reprocess('bea', 2, { stages })).status).toBe(202);
    expect(await drained()).toMatchObject({ ingest: [], describe: [], faces: [], organize: [], ...messages });
    const record = await images().get(key('bea', 2));
    for (const name of STAGES) {
      const again = stages.includes(name) || name === 'organize';
      expect(record?.stages[name].state).toBe(again ? 'pending' : 'done');
    }
  });

  test('of one that failed is always whole', async () => {
    const { original } = donePhoto('cid', 3);
    const stages = { ...freshStages(), ingest: { state: 'failed', attempts: 5 } } as const;
    const error = { code: 'ingest_gave_up', message: 'Gave up.' };
    await images().create(imageRecord('cid', 3, { status: 'failed', stages, error, original }));
    await drained();
    expect((await reprocess('cid', 3, { stages: ['describe'] })).json()).toMatchObject({
      status: 'processing',
      error: null,
    });
    expect(await drained()).toMatchObject({ ingest: [{}], describe: [] });
    expect((await images().get(key('cid', 3)))?.stages).toEqual(freshStages());
  });

  const cases: [string, Partial<ImageRecord>, RegExp][] = [
    ['awaits its bytes', { status: 'awaiting_upload' }, /not arrived/],
    ['is queued', { status: 'queued' }, /still being processed/],
    ['is being processed', { status: 'processing' }, /still being processed/],
    ['was rejected', { status: 'rejected' }, /rejected: no bytes/],
    ['is a duplicate', { status: 'duplicate' }, /duplicate: no bytes/],
    ['has expired', { status: 'expired' }, /expired: no bytes/],
    ['failed before its bytes were stored', { status: 'failed' }, /No bytes/],
  ];
  test.each(cases)('that %s is refused with the reason', async (_, changes, reason) => {
    await images().erase(key('dan', 4));
    await images().create(imageRecord('dan', 4, changes));
    await drained();
    const answer = await reprocess('dan', 4);
    expect(answer.status).toBe(409);
    expect(answer.json<Problem>().detail).toMatch(reason);
    expect(await drained()).toEqual({ ingest: [], describe: [], faces: [], organize: [] });
    expect((await images().get(key('dan', 4)))?.generation).toBe(0);
  });

  test('twice at once begins one round', async () => {
    await images().create(donePhoto('eva', 5));
    const answers = await Promise.all([1, 2, 3].map(() => reprocess('eva', 5)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect((await images().get(key('eva', 5)))?.generation).toBe(1);
  });

  test('of somebody else’s, a deleted one, or none is answered alike', async () => {
    await images().create(donePhoto('fay', 6));
    await images().create(donePhoto('gil', 7));
    await images().markDeleted(key('gil', 7));
    for (const number of [6, 7, 999]) expect((await reprocess('gil', number)).status).toBe(404);
  });
});

describe('running many photos again', () => {
  const all = (as: string, body: object, headers: Record<string, string> = {}) =>
    api.call('POST', '/images/reprocess', { as, body, headers });
  const old = { model: 'gpt-4o-mini', prompt_version: 'describe-0', at: '2026-01-01T00:00:00.000Z' };

  const MODEL_LISTS = ['MODEL#gpt-4o-mini/describe-0', 'MODEL#gpt-4o-mini/describe-1'];

  test('says first how many they are and what it would cost, by the counters alone', async () => {
    const refused = { state: 'refused', attempts: 1 } as const;
    const { stages } = donePhoto('hal', 1);
    await storeListed(api.world, 'hal', [
      donePhoto('hal', 11),
      donePhoto('hal', 12, { described_by: old }),
      donePhoto('hal', 13, { described_by: undefined, stages: { ...stages, describe: refused } }),
      imageRecord('hal', 14, { status: 'failed' }),
    ]);
    api.world.aws.resetRequests();
    const dry = async (body: object) => (await all('hal', { ...body, dry_run: true })).json();
    // 2 photos were described for 400 micro-dollars each.
    expect(await dry({})).toMatchObject({ dry_run: true, images: 3, estimated_cost_microusd: 1200 });
    expect(await dry({ status: 'failed' })).toMatchObject({ images: 1, estimated_cost_microusd: 400 });
    expect(await dry({ status: 'degraded' })).toMatchObject({ images: 1 });
    expect(await dry({ model: 'gpt-4o-mini' })).toMatchObject({ images: 2, estimated_cost_microusd: 800 });
    expect(await dry({ model: 'gpt-4o-mini', prompt_version: 'describe-0' })).toMatchObject({ images: 1 });
    expect(await dry({ model: 'gpt-5' })).toMatchObject({ images: 0, estimated_cost_microusd: 0 });
    expect(await dry({ stages: ['ingest'] })).toMatchObject({ images: 3, estimated_cost_microusd: 0 });
    // Session and counters, each time.
    expect(api.world.aws.requests()).toEqual({ 'dynamodb:GetItem': 14 });
    expect((await images().get(key('hal', 11)))?.generation).toBe(0);
  });

  test('estimates by the list price where nothing was described yet', async () => {
    const { stages } = donePhoto('ivy', 1);
    const skipped = { ...stages, describe: { state: 'skipped', attempts: 1 } } as const;
    await storeListed(api.world, 'ivy', [donePhoto('ivy', 21, { described_by: undefined, stages: skipped })]);
    const answer = (await all('ivy', { dry_run: true })).json<{ estimated_cost_microusd: number; basis: string }>();
    expect(answer.estimated_cost_microusd).toBeGreaterThan(1_000);
    expect(answer.basis).toContain('list price');
  });

  test('is a job that carries both; what it is to do is noted with it', async () => {
    await storeListed(api.world, 'jim', [donePhoto('jim', 31), donePhoto('jim', 32, { described_by: old })]);
    await api.world.drain('jobs');
    const answer = await all('jim', { model: 'gpt-4o-mini', stages: ['describe'] });
    expect(answer.status).toBe(202);
    const job = answer.json<JobView>();
    expect(job).toMatchObject({
      type: 'reprocess',
      status: 'queued',
      result: { images: 2, estimated_cost_microusd: 800 },
    });
    expect(answer.headers.Location).toBe(`/api/v1/jobs/${job.job_id}`);
    expect(await api.world.drain('jobs')).toEqual([{ type: 'reprocess', user_id: 'jim', job_id: job.job_id }]);
    const stored = await createJobs(api.world.table, TABLE, () => new Date()).get('jim', job.job_id);
    expect(stored?.request).toMatchObject({
      stages: ['describe'],
      lists: expect.toSatisfy((lists: string[]) => lists.sort().join() === MODEL_LISTS.join()),
    });
    expect((await api.call('GET', `/jobs/${job.job_id}`, { as: 'jim' })).json()).toEqual(job);
  });

  test('can be waited for', async () => {
    await api.world.drain('jobs');
    const answered = all('kim', {}, { Prefer: 'wait=20' });
    let job: { job_id: string } | undefined;
    while (!job) [job] = (await api.world.drain('jobs')) as { job_id: string }[];
    const jobs = createJobs(api.world.table, TABLE, () => new Date());
    await jobs.finish('kim', job.job_id, { images: 0, sent: 0, skipped: 0 });
    const answer = await answered;
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ job_id: job.job_id, status: 'done', result: { sent: 0 } });
  });

  test('under a version of no model is refused', async () => {
    expect((await all('kim', { prompt_version: 'describe-1' })).status).toBe(422);
  });
});
