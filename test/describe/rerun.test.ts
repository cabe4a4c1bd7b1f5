import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import { createImageEdits, type ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { thumbnailKey } from '../../shared/domain/object-keys.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { draw } from '../local/emulators/azure/drawings.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';
import { DEPLOYMENTS, openPhotos, type Photos } from './photos.ts';

let world: World;
let azure: AzureEmulator;
/** What the photo looks like in its first round, and in its second: the model says other words then. */
let first: Uint8Array;
let second: Uint8Array;
let photos: Photos;
let edits: ImageEdits;
let user: string;
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  azure = await startAzure({ apiKey: 'right', deployments: DEPLOYMENTS });
  first = await drawPicture({ format: 'webp', width: 320, height: 240 });
  second = await draw('oranges');
});
afterAll(async () => {
  await azure.stop();
  await world.stop();
});
beforeEach(async () => {
  users += 1;
  user = `Bo${users}`;
  azure.setFaults({});
  photos = openPhotos(world, user, azure);
  edits = createImageEdits(world.table, TABLE, photos.clock);
  const original = { key: 'originals/x', content_type: 'image/jpeg', bytes: 1, width: 320, height: 240 };
  await photos.accept(1, first, { original });
  await world.drain('organize');
});

/** Ends what is left of a round, as organize does. */
const finish = () => photos.images.endStage(photos.keyOf(1), 'organize', { state: 'done' });

/** Sends the finished photo on a round through describe, for which it looks otherwise. */
async function again(): Promise<void> {
  photos.advance(60);
  const Key = thumbnailKey(user, photos.id(1), 'medium');
  await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: second }));
  const outcome = await edits.rerun(photos.keyOf(1), ['describe']);
  expect(outcome?.state).toBe('changed');
}
const wordsOf = ({ title, description, tags, text, described_by, described_in }: ImageRecord) => ({
  title,
  description,
  tags,
  text,
  described_by,
  described_in,
});

describe('a photo that is described again', () => {
  test('keeps its words until it has new ones, is handed on again, and its receipt adds up', async () => {
    await photos.run(1);
    await finish();
    const before = await photos.record(1);
    await photos.events();
    await again();
    expect(wordsOf(await photos.record(1))).toEqual(wordsOf(before));
    await photos.run(1);
    const after = await photos.record(1);
    expect(after.title).not.toBe(before.title);
    expect(after.described_in).toBe(1);
    for (const spent of ['tokens', 'cost_microusd'] as const) {
      expect(after.stages.describe[spent]).toBeGreaterThan(before.stages.describe[spent] ?? 0);
    }
    expect(after.stages.describe.tokens).toBeGreaterThan(1.5 * (before.stages.describe.tokens ?? 0));
    expect(await photos.events()).toEqual([
      { type: 'described', event_id: `described:${photos.id(1)}:1`, user_id: user, image_id: photos.id(1) },
    ]);
    expect(await finish()).toMatchObject({ status: 'done', title: after.title });
  });

  test.each([
    ['refused', { refusal: 1 }, 'content_filter'],
    ['failed', { malformed: 2 }, 'invalid_answer'],
  ] as const)('and %s keeps its words and what they have cost, and says why', async (state, faults, code) => {
    await photos.run(1);
    await finish();
    const before = await photos.record(1);
    await again();
    azure.setFaults(faults);
    await photos.run(1);
    const after = await photos.record(1);
    expect(wordsOf(after)).toEqual(wordsOf(before));
    expect(after.stages.describe).toMatchObject({ state, error: { code } });
    expect(after.stages.describe.tokens).toBeGreaterThan(before.stages.describe.tokens ?? 0);
    expect(await photos.vector(1)).toBeDefined();
  });

  test('keeps what a person wrote; what the model says by now shows when that is taken back', async () => {
    await photos.run(1);
    await finish();
    await edits.edit(photos.keyOf(1), { title: 'Ours', tags: ['trip'] });
    await again();
    await photos.run(1);
    const after = await photos.record(1);
    expect(after).toMatchObject({ title: 'Ours', tags: ['trip'], described_in: 1 });
    const outcome = await edits.edit(photos.keyOf(1), { title: null, tags: null });
    expect(outcome?.record).toMatchObject({ title: after.machine?.title, tags: after.machine?.tags });
    expect(outcome?.record.title).not.toBe('Ours');
  });

  test('though its bytes could not be read again is described by what there was', async () => {
    await photos.run(1);
    await finish();
    await edits.rerun(photos.keyOf(1), ['ingest', 'describe']);
    await photos.images.endStage(photos.keyOf(1), 'ingest', { state: 'failed', error: { code: 'x', message: 'X.' } });
    await photos.run(1);
    expect((await photos.record(1)).stages.describe.state).toBe('done');
  });

  test('and given up keeps its receipt', async () => {
    await photos.run(1);
    await finish();
    const { tokens } = (await photos.record(1)).stages.describe;
    await again();
    await photos.objects.remove([thumbnailKey(user, photos.id(1), 'medium')]);
    for (let run = 0; run < 4; run += 1) await expect(photos.run(1)).rejects.toThrow('thumbnail');
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'failed', tokens });
  });
});

test.each(['keep', 'store', 'announce'] as const)(
  'a run of the second round that dies before the step %s is repeated; words that were kept are not bought again',
  async (step) => {
    await photos.run(1);
    await finish();
    const before = await photos.record(1);
    await photos.events();
    await again();
    expect(await photos.runUntil(1, step)).toBe(true);
    // Another chat could only fail.
    if (step !== 'keep') azure.setFaults({ malformed: 100 });
    await photos.run(1);
    const after = await photos.record(1);
    expect(after.described_in).toBe(1);
    expect(after.title).not.toBe(before.title);
    expect(await photos.events()).toEqual([expect.objectContaining({ event_id: `described:${photos.id(1)}:1` })]);
  },
);

test.each(['ask', 'keep', 'store', 'finish'] as const)(
  'a person edits the photo before the step %s: the edit stands, and what the model said lies beside',
  async (step) => {
    await photos.runWith(1, step, async () => {
      await edits.edit(photos.keyOf(1), { title: 'Ours', display_name: 'ours.jpg' });
    });
    const record = await photos.record(1);
    expect(record).toMatchObject({
      title: 'Ours',
      display_name: 'ours.jpg',
      machine: { title: expect.any(String), display_name: expect.any(String) },
      stages: { describe: { state: 'done' } },
    });
    expect(record.description).toBeDefined();
    expect(record.machine?.title).not.toBe('Ours');
  },
);

test('words that come so late that the photo is on another round are thrown away', async () => {
  await photos.runWith(1, 'keep', async () => {
    azure.setFaults({ refusal: 1 });
    await photos.run(1);
    await finish();
    await again();
  });
  const record = await photos.record(1);
  expect(record).not.toHaveProperty('title');
  expect(record.stages.describe.state).toBe('pending');
  expect(await photos.vector(1)).toBeUndefined();
});

describe.each(['begin', 'keep', 'store', 'finish'] as const)('before the step %s', (step) => {
  test('the photo is finished by another run and goes through a whole new round: the late run changes nothing of it', async () => {
    let after: ImageRecord | undefined;
    let vector: Float32Array | undefined;
    await photos.runWith(1, step, async () => {
      await photos.run(1);
      await finish();
      await again();
      await photos.run(1);
      await finish();
      after = await photos.record(1);
      vector = await photos.vector(1);
    });
    expect(after).toMatchObject({ generation: 1, described_in: 1, status: 'done' });
    expect(await photos.record(1)).toEqual(after);
    expect(await photos.vector(1)).toEqual(vector);
  });

  test('the photo is finished by another run and a new round has just begun: the late run leaves it to that', async () => {
    await photos.runWith(1, step, async () => {
      await photos.run(1);
      await finish();
      await again();
    });
    const between = await photos.record(1);
    expect(between.stages.describe).toMatchObject({ state: 'pending', attempts: 0 });
    await photos.run(1);
    expect(await photos.record(1)).toMatchObject({ described_in: 1, stages: { describe: { state: 'done' } } });
    expect((await photos.record(1)).stages.describe.tokens).toBeGreaterThan(between.stages.describe.tokens ?? 0);
  });
});
