import { expect, test } from 'vitest';
import { costMicroDollars } from '../../shared/domain/cost.ts';

test.each([
  ['gpt-4o-2024-08-06', { input: 1_000, output: 100 }, 3_500],
  ['gpt-4o-mini-2024-07-18', { input: 1_000, output: 100 }, 210],
  ['GPT-4.1-nano', { input: 1_000, output: 0 }, 100],
  ['text-embedding-3-small', { input: 60, output: 0 }, 2],
  ['gpt-4o', { input: 0, output: 0 }, 0],
])('%s: %j costs %d millionths of a dollar', (model, tokens, cost) => {
  expect(costMicroDollars(model, tokens)).toBe(cost);
});

test('an unknown model is priced like the dearest known one', () => {
  const tokens = { input: 100, output: 100 };
  expect(costMicroDollars('gpt-9', tokens)).toBe(costMicroDollars('gpt-4o', tokens));
});
