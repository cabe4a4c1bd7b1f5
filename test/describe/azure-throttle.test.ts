import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AzureThrottle, createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

let world: World;
let throttle: AzureThrottle;
let now = Date.parse('2026-01-01T12:00:00Z');
const inSeconds = (seconds: number) => new Date(now + seconds * 1_000);

beforeAll(async () => {
  world = await startWorld();
  throttle = createAzureThrottle(world.table, TABLE, () => new Date(now));
});
afterAll(() => world.stop());
beforeEach(async () => {
  const block = await throttle.last();
  if (block) await throttle.clear(block);
});

test('there is no block before there was one', async () => {
  expect(await throttle.last()).toBeNull();
});

test('blocks for as long as it is told, an hour at most', async () => {
  expect(await throttle.block(7)).toEqual(inSeconds(7));
  expect(await throttle.last()).toEqual({ until: inSeconds(7), failures: 1 });
  expect(await throttle.block(86_400)).toEqual(inSeconds(3_600));
});

test('a longer block in force stays', async () => {
  await throttle.block(100);
  expect(await throttle.block(7)).toEqual(inSeconds(100));
  expect(await throttle.last()).toEqual({ until: inSeconds(100), failures: 1 });
});

test('calls that fail at once are one failure', async () => {
  await Promise.all([throttle.block(), throttle.block(), throttle.block()]);
  expect(await throttle.last()).toEqual({ until: inSeconds(15), failures: 1 });
});

test('failures in a row wait twice as long each time', async () => {
  await throttle.block();
  now += 16_000;
  await throttle.block();
  expect(await throttle.last()).toEqual({ until: inSeconds(30), failures: 2 });
});

test('clearing takes away only the block that was seen', async () => {
  await throttle.block(5);
  const seen = await throttle.last();
  now += 6_000;
  await throttle.block(5);
  expect(seen && (await throttle.clear(seen))).toBe(false);
  expect(await throttle.last()).toMatchObject({ failures: 2 });
});
