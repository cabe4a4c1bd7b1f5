import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDescribe, DESCRIBE_STEPS, type DescribeDeps } from '../../functions/describe/describe.ts';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import type { AzureOpenAIAdapter } from '../../shared/adapters/azure-openai.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { costMicroDollars, type Tokens } from '../../shared/domain/cost.ts';
import { isDegraded } from '../../shared/domain/image.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { DEPLOYMENTS, openPhotos, type Photos } from './photos.ts';

let world: World;
let azure: AzureEmulator;
let picture: Buffer;
let user: string;
let users = 0;
/** What Azure was asked in this test, by what it answered. */
let bought: { calls: number; microusd: number };

beforeAll(async () => {
  world = await startWorld();
  azure = await startAzure({ apiKey: 'right', deployments: DEPLOYMENTS });
  picture = await drawPicture({ format: 'webp', width: 320, height: 240 });
});
afterAll(async () => {
  await azure.stop();
  await world.stop();
});
beforeEach(() => {
  users += 1;
  user = `Bo${users}`;
  azure.setFaults({});
  bought = { calls: 0, microusd: 0 };
});

/** Photos described by an Azure whose every answer is noted beside it, independently of what counts it. */
function open(own: Partial<DescribeDeps> = {}): Photos {
  const { azure: real } = openPhotos(world, user, azure);
  const note = <T extends { model?: string | undefined; tokens?: Tokens | undefined }>(answer: T): T => {
    bought.calls += 1;
    if (answer.model && answer.tokens) bought.microusd += costMicroDollars(answer.model, answer.tokens);
    return answer;
  };
  const noted: AzureOpenAIAdapter | null = real && {
    ...real,
    describe: async (input) => note(await real.describe(input)),
    embed: async (texts) => note(await real.embed(texts)),
  };
  return openPhotos(world, user, azure, { azure: noted, ...own });
}
const spent = (photos: Photos) => photos.spendings.thisMonth(user);
const announced = (photos: Photos, number: number) => [
  { type: 'described', event_id: `described:${photos.id(number)}:0`, user_id: user, image_id: photos.id(number) },
];

describe('a photo over the budget', () => {
  test.each(['azure', 'visual'] as const)('waits, with a reason, and goes on (%s embeddings)', async (provider) => {
    const photos = open({ aiMicroUsd: 0, provider });
    await photos.accept(1, picture);
    await photos.run(1);
    const record = await photos.record(1);
    expect(record.stages.describe).toMatchObject({ state: 'waiting', error: { code: 'over_budget' } });
    // No month will change that.
    expect(record.stages.describe.error?.message).toMatch(/no budget for descriptions here.* when there is one\.$/);
    expect(isDegraded({ ...record, status: 'done' })).toBe(true);
    expect(await photos.events()).toEqual(announced(photos, 1));
    // Its looks need no service.
    expect((await photos.vector(1)) !== undefined).toBe(provider === 'visual');
    expect(bought.calls).toBe(0);
    expect(
      (await Array.fromAsync(photos.spendings.waiting(new Date(photos.clock().getTime() + 1)))).map((w) => w.user_id),
    ).toContain(user);
  });

  test('is noted before it says that it waits: a run that dies between is repeated', async () => {
    const photos = open({ aiMicroUsd: 0 });
    await photos.accept(1, picture);
    expect(await photos.runUntil(1, 'finish')).toBe(true);
    expect((await photos.record(1)).stages.describe.state).toBe('running');
    expect((await world.itemsOf(user)).map(({ sk }) => sk)).toContain('WAITING');
    await photos.run(1);
    expect((await photos.record(1)).stages.describe.state).toBe('waiting');
  });

  test('that is run again keeps the words and the place it had', async () => {
    const photos = open({ aiMicroUsd: 1 });
    const original = { key: 'originals/1', content_type: 'image/jpeg', bytes: 1, width: 1, height: 1 };
    await photos.accept(1, picture, { original });
    await photos.run(1);
    await photos.images.endStage(photos.keyOf(1), 'organize', { state: 'done' });
    const [{ title, stages }, vector] = [await photos.record(1), await photos.vector(1)];
    const outcome = await createImageEdits(world.table, TABLE, photos.clock).rerun(photos.keyOf(1), ['describe']);
    expect(outcome?.state).toBe('changed');
    const { calls } = bought;
    await photos.run(1);
    const record = await photos.record(1);
    expect(record).toMatchObject({ title, generation: 1, stages: { describe: { state: 'waiting' } } });
    expect(record.stages.describe.cost_microusd).toBe(stages.describe.cost_microusd);
    expect(await photos.vector(1)).toEqual(vector);
    expect(bought.calls).toBe(calls);
  });

  test('a new month has a new budget', async () => {
    const photos = open({ aiMicroUsd: 1 });
    for (const number of [1, 2]) await photos.accept(number, picture);
    await photos.run(1);
    await photos.run(2);
    const { state, error } = (await photos.record(2)).stages.describe;
    const month = new Date(Date.UTC(photos.clock().getUTCFullYear(), photos.clock().getUTCMonth() + 1));
    expect(state).toBe('waiting');
    expect(error?.message).toContain('($0.000001)');
    expect(error?.message).toContain(month.toISOString().slice(0, 10));
    photos.advance(31 * 24 * 3600);
    expect(await spent(photos)).toBe(0);
    await photos.accept(3, picture);
    await photos.run(3);
    expect((await photos.record(3)).stages.describe.state).toBe('done');
    const { cost_microusd } = (await photos.record(3)).stages.describe;
    expect(await spent(photos)).toBe(cost_microusd);
  });
});

describe('what the month has cost', () => {
  test('is what the receipts say, however often a message comes', async () => {
    const photos = open();
    for (const number of [1, 2, 3]) await photos.accept(number, picture);
    for (const number of [1, 2, 3, 1, 2, 3, 1]) await photos.run(number);
    const receipts = await Promise.all(
      [1, 2, 3].map(async (number) => (await photos.record(number)).stages.describe.cost_microusd ?? 0),
    );
    expect(receipts.every((cost) => cost > 0)).toBe(true);
    expect(await spent(photos)).toBe(receipts.reduce((sum, cost) => sum + cost, 0));
    expect(await spent(photos)).toBe(bought.microusd);
  });

  test.each(DESCRIBE_STEPS)(
    'is what Azure was paid, also where a run dies before “%s” and another comes beside it',
    async (step) => {
      const photos = open();
      await photos.accept(1, picture);
      await photos.runUntil(1, step);
      await photos.run(1);
      await photos.run(1);
      expect((await photos.record(1)).stages.describe.state).toBe('done');
      expect(await spent(photos)).toBe(bought.microusd);
      await photos.accept(2, picture);
      await photos.runWith(2, step, () => photos.run(2));
      expect(await spent(photos)).toBe(bought.microusd);
    },
  );

  test('counts answers that could not be used, which are paid for as well', async () => {
    const photos = open();
    await photos.accept(1, picture);
    azure.setFaults({ malformed: 2 });
    await photos.run(1);
    expect((await photos.record(1)).stages.describe.state).toBe('failed');
    expect(bought.calls).toBe(2);
    expect(await spent(photos)).toBe(bought.microusd);
  });

  test('is overrun by those asked about at the same moment, by one photo each', async () => {
    const AT_ONCE = 5;
    const photos = open({ aiMicroUsd: 1 });
    const numbers = Array.from({ length: 3 * AT_ONCE }, (_, index) => index + 1);
    for (const number of numbers) await photos.accept(number, picture);
    const describePhoto = createDescribe(photos);
    const logger = createLogger('describe', 'ERROR');
    for (let first = 0; first < numbers.length; first += AT_ONCE) {
      const some = numbers.slice(first, first + AT_ONCE);
      await Promise.all(
        some.map((number) => describePhoto({ ...photos.keyOf(number), receiptHandle: '', receiveCount: 1 }, logger)),
      );
    }
    const states = await Promise.all(numbers.map(async (n) => (await photos.record(n)).stages.describe.state));
    const described = states.filter((state) => state === 'done').length;
    expect(described).toBeGreaterThan(0);
    expect(described).toBeLessThanOrEqual(AT_ONCE);
    expect(states.filter((state) => state === 'waiting')).toHaveLength(numbers.length - described);
  });

  test('a write that is repeated adds nothing; purchases side by side all count', async () => {
    const spendings = createSpendings(world.table, TABLE, () => new Date('2026-05-31T23:59:59Z'));
    const ids = Array.from({ length: 60 }, (_, index) => `purchase-${index}`);
    await Promise.all(ids.map((id) => spendings.count(user, id, 3)));
    expect(await spendings.thisMonth(user)).toBe(180);
    await spendings.count(user, 'again', 5);
    await spendings.count(user, 'again', 5);
    expect(await spendings.thisMonth(user)).toBe(185);
    const june = createSpendings(world.table, TABLE, () => new Date('2026-06-01T00:00:01Z'));
    expect(await june.thisMonth(user)).toBe(0);
    await june.count(user, 'june', 7);
    // A run that began before midnight.
    await spendings.count(user, 'late', 2);
    expect(await june.thisMonth(user)).toBe(9);
  });
});
