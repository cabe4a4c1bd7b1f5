import type { ChangeMessageVisibilityCommandInput } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DESCRIBE_STEPS } from '../../functions/describe/describe.ts';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import { promptVersion } from '../../shared/domain/description.ts';
import { thumbnailKey } from '../../shared/domain/object-keys.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { MessagePostponed } from '../../shared/lambda/queue.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { startWorld, type World } from '../support/world.ts';
import { accepted, DEPLOYMENTS, openPhotos, type Photos } from './photos.ts';

let world: World;
let azure: AzureEmulator;
let picture: Buffer;
let photos: Photos;
let user: string;
let users = 0;
/** For how many seconds each message was postponed. */
let waits: (number | undefined)[] = [];

beforeAll(async () => {
  world = await startWorld();
  azure = await startAzure({ apiKey: 'right', deployments: DEPLOYMENTS });
  picture = await drawPicture({ format: 'webp', width: 320, height: 240 });
  world.sqs.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'ChangeMessageVisibilityCommand') {
          waits.push((args.input as ChangeMessageVisibilityCommandInput).VisibilityTimeout);
        }
        return next(args);
      },
    { step: 'initialize', name: 'waits' },
  );
});
afterAll(async () => {
  await azure.stop();
  await world.stop();
});
beforeEach(async () => {
  users += 1;
  user = `Ann${users}`;
  azure.setFaults({});
  photos = openPhotos(world, user, azure);
  const block = await photos.throttle.last();
  if (block) await photos.throttle.clear(block);
  await world.drain('organize');
  waits = [];
});

const announced = (number: number) => [
  { type: 'described', event_id: `described:${photos.id(number)}:0`, user_id: user, image_id: photos.id(number) },
];
const length = (vector: Float32Array | undefined) => Math.hypot(...(vector ?? []));
const vectorItems = async () =>
  (await world.items()).filter((item) => item.user_id === user && `${item.sk}`.startsWith('VECTOR#'));

describe('a photo', () => {
  test('is given words, an embedding and a receipt, and handed on', async () => {
    await photos.accept(1, picture, { filename: 'IMG_1.JPG' });
    await photos.run(1);
    const record = await photos.record(1);
    expect(record).toMatchObject({
      status: 'processing',
      title: expect.stringMatching(/./),
      description: expect.stringMatching(/./),
      tags: expect.arrayContaining([expect.any(String)]),
      text: expect.any(String),
      display_name: expect.stringMatching(/^[a-z0-9-]+\.jpg$/),
      described_by: { prompt_version: promptVersion, at: expect.any(String), model: expect.any(String) },
    });
    const { describe: stage } = record.stages;
    expect(stage).toMatchObject({ state: 'done', attempts: 1 });
    expect(stage.tokens).toBeGreaterThan(100);
    expect(stage.cost_microusd).toBeGreaterThan(0);
    expect(length(await photos.vector(1))).toBeCloseTo(1, 5);
    expect(await photos.events()).toEqual(announced(1));
    expect(waits).toEqual([]);
  });

  test('that was described is only handed on again', async () => {
    await photos.accept(1, picture);
    await photos.run(1);
    const before = await photos.record(1);
    azure.setFaults({ malformed: 100 });
    await photos.run(1);
    expect(await photos.record(1)).toEqual(before);
  });

  test.each(['refusePrompt', 'refuseFinish', 'refusal'] as const)(
    'that is refused (%s) says so and goes on',
    async (form) => {
      await photos.accept(1, picture);
      azure.setFaults({ [form]: 1 });
      await photos.run(1);
      const record = await photos.record(1);
      expect(record.stages.describe).toMatchObject({
        state: 'refused',
        attempts: 1,
        error: { code: 'content_filter' },
      });
      expect(record).not.toHaveProperty('title');
      expect(await photos.vector(1)).toBeUndefined();
      expect(await photos.events()).toEqual(announced(1));
    },
  );

  test('whose answer has a wrong shape is asked about once more', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ malformed: 1 });
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'done', attempts: 1 });
  });

  test('whose answer has a wrong shape twice goes on without words', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ malformed: 2 });
    await photos.run(1);
    const { stages } = await photos.record(1);
    expect(stages.describe).toMatchObject({ state: 'failed', error: { code: 'invalid_answer' } });
    expect(stages.describe.tokens).toBeGreaterThan(0);
    expect(await photos.events()).toEqual(announced(1));
  });

  test('of a stack with visual embeddings is embedded even if it is refused', async () => {
    photos = openPhotos(world, user, azure, { provider: 'visual' });
    await photos.accept(1, picture);
    azure.setFaults({ refusal: 1 });
    await photos.run(1);
    expect((await photos.record(1)).stages.describe.state).toBe('refused');
    expect(length(await photos.vector(1))).toBeCloseTo(1, 5);
  });

  test('of a stack without Azure is embedded by its looks; the stage is skipped', async () => {
    photos = openPhotos(world, user, azure, { provider: 'visual', azure: null });
    await photos.accept(1, picture);
    await photos.run(1);
    const record = await photos.record(1);
    expect(record.stages.describe).toMatchObject({ state: 'skipped', attempts: 1 });
    expect(record.stages.describe).not.toHaveProperty('tokens');
    expect(record).not.toHaveProperty('title');
    expect(length(await photos.vector(1))).toBeCloseTo(1, 5);
    expect(await photos.events()).toEqual(announced(1));
  });

  test.each(['rejected', 'duplicate', 'awaiting_upload'] as const)('that is %s is left alone', async (status) => {
    await photos.accept(1, picture, { status });
    const before = await photos.record(1);
    await photos.run(1);
    expect(await photos.record(1)).toEqual(before);
    expect(await photos.events()).toEqual([]);
  });
});

describe('while Azure is away', () => {
  test('a photo waits as long as it is told to, and the wait does not count as an attempt', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ throttle: 1, retryAfter: 120 });
    await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
    expect(waits).toEqual([120]);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'pending', attempts: 0 });
    photos.advance(121);
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'done', attempts: 1 });
    expect(await photos.throttle.last()).toBeNull();
  });

  test('other photos do not knock, and sweep does not take them for stuck', async () => {
    await photos.accept(1, picture);
    await photos.accept(2, picture);
    azure.setFaults({ throttle: 1, retryAfter: 3600 });
    await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
    photos.advance(600);
    await expect(photos.run(2)).rejects.toThrow(MessagePostponed);
    expect(waits).toEqual([3600, 3000]);
    expect((await photos.record(2)).stages.describe).toMatchObject({ state: 'pending', attempts: 0 });
    photos.advance(2_900);
    const stale = await Array.fromAsync(photos.images.stale(photos.clock()));
    expect(stale.filter((record) => record.user_id === user)).toEqual([]);
  });

  test('another’s photo need not wait behind those of the one who asked too much', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ throttle: 1, retryAfter: 60 });
    await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
    const blocked = await photos.throttle.last();
    const others = openPhotos(world, `${user}-other`, azure);
    await others.accept(1, picture);
    await others.run(1);
    expect((await others.record(1)).stages.describe).toMatchObject({ state: 'done', attempts: 1 });
    // The first one’s photos go on waiting.
    expect(await photos.throttle.last()).toEqual(blocked);
    await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
    await others.accept(2, picture);
    azure.setFaults({ throttle: 1, retryAfter: 60 });
    await expect(others.run(2)).rejects.toThrow(MessagePostponed);
    // Now both have been told.
    await expect(others.run(2)).rejects.toThrow(MessagePostponed);
    expect((await others.record(2)).stages.describe).toMatchObject({ state: 'pending', attempts: 0 });
  });

  test('a photo that has come often comes back later than it might, that not all come at once', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ throttle: 1000, retryAfter: 10 });
    for (const receiveCount of [1, 2, 3, 6, 11, 999]) {
      await expect(photos.run(1, () => {}, receiveCount)).rejects.toThrow(MessagePostponed);
    }
    // Half of 0, 1, 3, 31, 600 and 600 seconds more, rounded up.
    expect(waits).toEqual([10, 11, 12, 26, 310, 310]);
    const stale = await Array.fromAsync(photos.images.stale(new Date(photos.clock().getTime() + 300_000)));
    expect(stale.filter((record) => record.user_id === user)).toEqual([]);
  });

  test('nothing is used up however long it takes', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ throttle: 1000, retryAfter: 60 });
    for (let minute = 0; minute < 20; minute += 1) {
      await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
      photos.advance(61);
    }
    azure.setFaults({});
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'done', attempts: 1 });
  });

  test('failures without a word about when to come back are met with longer and longer waits, an hour at most', async () => {
    await photos.accept(1, picture);
    azure.setFaults({ error: 1000 });
    for (let failure = 0; failure < 10; failure += 1) {
      await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
      photos.advance(3_601);
    }
    expect(waits).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    azure.setFaults({});
    await photos.run(1);
    azure.setFaults({ error: 1 });
    await photos.accept(2, picture);
    waits = [];
    await expect(photos.run(2)).rejects.toThrow(MessagePostponed);
    expect(waits).toEqual([15]);
  });

  test('a picture on which only Azure breaks, while it answers others, is given up after five runs', async () => {
    await photos.accept(1, picture);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      azure.setFaults({ error: 1 });
      await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
      // Another photo was described since.
      const block = await photos.throttle.last();
      if (block) await photos.throttle.clear(block);
    }
    azure.setFaults({ error: 1 });
    await photos.run(1);
    expect((await photos.images.get(photos.keyOf(1)))?.stages.describe).toMatchObject({
      state: 'failed',
      error: { code: 'describe_gave_up' },
    });
  });

  test('words that were bought before are kept: only the embedding is asked for again', async () => {
    await photos.accept(1, picture);
    await expect(photos.runWith(1, 'embed', () => azure.setFaults({ throttle: 1, retryAfter: 5 }))).rejects.toThrow(
      MessagePostponed,
    );
    const waiting = await photos.record(1);
    expect(waiting).toMatchObject({
      title: expect.any(String),
      stages: { describe: { state: 'pending', attempts: 0 } },
    });
    expect(await photos.events()).toEqual([]);
    photos.advance(6);
    // Another chat could only fail.
    azure.setFaults({ malformed: 100 });
    await photos.run(1);
    const record = await photos.record(1);
    expect(record).toMatchObject({ title: waiting.title, stages: { describe: { state: 'done', attempts: 1 } } });
    expect(record.stages.describe.tokens).toBeGreaterThan(waiting.stages.describe.tokens ?? 0);
    expect(await photos.vector(1)).toBeDefined();
  });

  test('a wrong setting is named in the log; once it is right everything goes on', async () => {
    const errors: string[] = [];
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.spyOn(console, 'error').mockImplementation((line) => void errors.push(String(line)));
    photos = openPhotos(world, user, azure, {}, createLogger('describe', 'ERROR'));
    photos.useKey('mistyped-key');
    await photos.accept(1, picture);
    await expect(photos.run(1)).rejects.toThrow(MessagePostponed);
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    expect(errors.join()).toContain('AZURE_OPENAI_API_KEY');
    expect(errors.join()).not.toContain('mistyped-key');
    expect(waits).toEqual([300]);
    photos.useKey('right');
    photos.advance(301);
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'done', attempts: 1 });
  });
});

describe('failures of our own', () => {
  test('are thrown, for the queue to try again, and the fifth ends the stage', async () => {
    await photos.accept(1, picture);
    await photos.objects.remove([thumbnailKey(user, photos.id(1), 'medium')]);
    for (let run = 0; run < 4; run += 1) await expect(photos.run(1)).rejects.toThrow('thumbnail');
    await photos.run(1);
    expect((await photos.record(1)).stages.describe).toMatchObject({
      state: 'failed',
      attempts: 5,
      error: { code: 'describe_gave_up' },
    });
    expect(await photos.events()).toEqual(announced(1));
  });

  test('end a photo that killed five runs', async () => {
    const { ingest, faces, organize } = accepted.stages;
    await photos.accept(1, picture, {
      stages: { ingest, faces, organize, describe: { state: 'running', attempts: 5 } },
    });
    expect(await photos.runUntil(1, 'begin')).toBe(false);
    expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'failed', attempts: 5 });
    expect(await photos.events()).toEqual(announced(1));
  });
});

describe.each(DESCRIBE_STEPS)('before the step %s', (step) => {
  test('the run dies and is repeated', async () => {
    await photos.accept(1, picture);
    expect(await photos.runUntil(1, step)).toBe(true);
    await photos.run(1);
    expect(await photos.record(1)).toMatchObject({
      title: expect.any(String),
      stages: { describe: { state: 'done' } },
    });
    expect(await vectorItems()).toHaveLength(1);
    expect(await photos.events()).toEqual(announced(1));
  });

  test('a second run overtakes the first: the words that count are those that were embedded', async () => {
    await photos.accept(1, picture);
    let words: unknown;
    await photos.runWith(1, step, async () => {
      await photos.run(1);
      words = (await photos.record(1)).title;
    });
    expect(await photos.record(1)).toMatchObject({ title: words, stages: { describe: { state: 'done' } } });
    expect(await vectorItems()).toHaveLength(1);
  });

  test('the photo is erased: nothing of it stays', async () => {
    await photos.accept(1, picture);
    await photos.runWith(1, step, async () => {
      await photos.images.markDeleted(photos.keyOf(1));
      await photos.embeddings.remove(user, photos.id(1));
      await photos.images.erase(photos.keyOf(1));
    });
    // What was paid for it was paid.
    const left = (await world.itemsOf(user)).filter(({ sk }) => sk !== 'SPENDING');
    expect(left).toEqual([]);
  });

  test('the run dies, the photo is deleted, the message comes back: no embedding stays', async () => {
    await photos.accept(1, picture);
    await photos.runUntil(1, step);
    await photos.images.markDeleted(photos.keyOf(1));
    await photos.run(1);
    expect(await vectorItems()).toEqual([]);
  });
});
