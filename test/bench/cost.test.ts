import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callOf, imageTokens, MODELS } from '../../bench/cost/models.ts';
import { withCostParts } from '../../bench/cost/page.ts';

const PAGE = join(import.meta.dirname, '../../docs/cost.md');

test('docs/cost.md says what `npm run cost` computes', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withCostParts(page)).toBe(page);
});

test.each([
  // The examples of OpenAI's guide ("Images and vision", "Calculating costs").
  ['gpt-4o', 1024, 1024, 765],
  ['gpt-4o', 2048, 4096, 1105],
  ['gpt-4o-mini', 1024, 1024, 2_833 + 4 * 5_667],
  ['gpt-4.1-mini', 1024, 1024, Math.ceil(1024 * 1.62)],
])('%s counts a picture of %i × %i as %i tokens', (model, width, height, tokens) => {
  expect(imageTokens(model, width, height)).toBe(tokens);
});

test('three models are compared, and none gives a picture away', () => {
  expect(MODELS).toHaveLength(3);
  for (const { usd, usd_low, image } of MODELS.map(callOf)) {
    expect(image).toBeGreaterThan(500);
    expect(usd).toBeGreaterThanOrEqual(usd_low);
    expect(usd_low).toBeGreaterThan(0);
  }
});
