import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AzureThrottle, createAzureThrottle, heeds } from '../../shared/adapters/azure-throttle.ts';
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
  expect(await throttle.last()).toEqual({ until: inSeconds(7), failures: 1, askers: [] });
  expect(await throttle.block(86_400)).toEqual(inSeconds(3_600));
});

test('a longer block in force stays', async () => {
  await throttle.block(100);
  expect(await throttle.block(7)).toEqual(inSeconds(100));
  expect(await throttle.last()).toEqual({ until: inSeconds(100), failures: 1, askers: [] });
});

test('calls that fail at once are one failure', async () => {
  await Promise.all([throttle.block(), throttle.block(), throttle.block()]);
  expect(await throttle.last()).toEqual({ until: inSeconds(15), failures: 1, askers: [] });
});

test('whoever fails during a block without being told for how long does not lengthen it', async () => {
  const until = await throttle.block(undefined, 'ann');
  now += 10_000;
  expect(await throttle.block(undefined, 'bob')).toEqual(until);
  expect(await throttle.last()).toMatchObject({ until, failures: 1, askers: { length: 2 } });
  now += 6_000;
});

test('failures in a row wait twice as long each time', async () => {
  await throttle.block();
  now += 16_000;
  await throttle.block();
  expect(await throttle.last()).toEqual({ until: inSeconds(30), failures: 2, askers: [] });
});

test('a block is for those whose calls were refused, and for everybody once those are many', async () => {
  const isHeededBy = async (userId: string) => {
    const block = await throttle.last();
    return block !== null && heeds(block, userId, new Date(now));
  };
  await throttle.block(10, 'ann');
  expect([await isHeededBy('ann'), await isHeededBy('bob')]).toEqual([true, false]);
  // Neither one that ends earlier nor one that ends later forgets who was refused before.
  await throttle.block(5, 'bob');
  await throttle.block(20, 'cem');
  expect(await Promise.all(['ann', 'bob', 'cem', 'dan'].map(isHeededBy))).toEqual([true, true, true, false]);
  expect(JSON.stringify(await world.items())).not.toContain('"ann"');
  for (let asker = 0; asker < 13; asker += 1) await throttle.block(20, `asker${asker}`);
  expect(await isHeededBy('dan')).toBe(true);
  now += 21_000;
  expect(await isHeededBy('ann')).toBe(false);
  // The next one is another's.
  await throttle.block(10, 'dan');
  expect([await isHeededBy('ann'), await isHeededBy('dan')]).toEqual([false, true]);
});

test('clearing takes away only the block that was seen', async () => {
  await throttle.block(5);
  const seen = await throttle.last();
  now += 6_000;
  await throttle.block(5);
  expect(seen && (await throttle.clear(seen))).toBe(false);
  expect(await throttle.last()).toMatchObject({ failures: 2 });
});
