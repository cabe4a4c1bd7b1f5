import { expect, test } from 'vitest';
import { lazily } from '../../shared/adapters/lazily.ts';

/** An adapter that counts how often it was made, and fails to be made so many times first. */
function counted(failures = 0) {
  let made = 0;
  const adapter = lazily(async () => {
    made += 1;
    if (made <= failures) throw new Error(`no module ${made}`);
    return { add: async (a: number, b: number) => a + b };
  });
  return { adapter, made: () => made };
}

test('is made by the first call, once for all', async () => {
  const { adapter, made } = counted();
  expect(made()).toBe(0);
  expect(await Promise.all([adapter.add(1, 2), adapter.add(3, 4)])).toEqual([3, 7]);
  expect(made()).toBe(1);
});

test('a failed load is the failure of that call, and the next tries again', async () => {
  const { adapter, made } = counted(1);
  await expect(adapter.add(1, 2)).rejects.toThrow('no module 1');
  expect(await adapter.add(1, 2)).toBe(3);
  expect(made()).toBe(2);
});

test('can be handed out by an async function as it is', async () => {
  const { adapter, made } = counted();
  expect(await Promise.resolve(adapter)).toBe(adapter);
  expect(made()).toBe(0);
});
