import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../local/demo/client.ts';
import { findFiles } from '../../local/demo/files.ts';
import { runDemo, type Summary } from '../../local/demo/run.ts';
import type { SearchPage } from '../../shared/contract/schemas.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { type Person, signIn } from './support/person.ts';
import { recount } from './support/recount.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { agreement, expectComplete, thumbnailSides } from './support/summary.ts';

const there = photosThere('scenes');
const ADA = { email: 'scenes@example.org', password: 'correct horse' };

/** What each theme is searched by. The emulator's detector knows 80 everyday things, and only some themes are among them. */
const QUERIES: Readonly<Record<string, string>> = {
  dogs: 'dog',
  birds: 'bird',
  boats: 'boat',
  vehicles: 'vehicle',
  food: 'food',
  plants: 'plant',
  landscapes: 'landscape',
  buildings: 'building',
  music: 'music',
};
/** How many of the first ten must be right, where the detector can tell. */
const RIGHT: Readonly<Record<string, number>> = { dogs: 9, birds: 9, boats: 9, vehicles: 9 };

describe.skipIf(!there)('108 photos of 9 themes, with faults (skipped where photos/scenes is absent)', () => {
  let stack: TestStack;
  let summary: Summary;
  let ada: Person;
  const themes = new Map<string, string>();
  beforeAll(async () => {
    stack = await startTestStack({ faults: 'describe:kill=3,azure:429=2' });
    const client = createClient(stack.url);
    await client.signUp(ADA.email, ADA.password, 'Ada');
    summary = await runDemo(client, await findFiles(photos('scenes')), () => {});
    ada = await signIn(stack.url, ADA);
    const rows = (await readFile(photos('scenes.csv'), 'utf8')).trim().split('\n').slice(1);
    for (const [file = '', theme = ''] of rows.map((row) => row.split(',')))
      themes.set(file.replace('scenes/', ''), theme);
  }, 600_000);
  afterAll(() => stack?.remove());

  test('all are done, complete, and in clusters', () => {
    expectComplete(summary, 108);
    expect(stack.killsOwed()).toBe(0);
  });

  // What the emulator that stands in for Azure sees is what all of this rests on.
  test.each([
    ['dogs', 'dog', 10],
    ['vehicles', 'vehicle', 12],
    ['boats', 'boat', 10],
  ])('of twelve %s, tagged %s: at least %d', (theme, tag, least) => {
    const right = summary.images.filter(({ file, tags }) => themes.get(file) === theme && tags.includes(tag));
    expect(right.length).toBeGreaterThanOrEqual(least);
  });

  test('the clusters agree with the themes', () => {
    expect(themes.size).toBe(108);
    const index = agreement(summary, (file) => themes.get(file));
    console.log(`adjusted Rand index against 9 themes: ${index.toFixed(3)}, ${summary.clusters.length} clusters`);
    expect(index).toBeGreaterThanOrEqual(0.3);
  });

  test('each thumbnail opens', async () => {
    for (const side of await thumbnailSides(summary)) expect(side).toBeLessThanOrEqual(200);
  });

  test('and there is exactly one record, original, set of thumbnails, vector and membership of each', async () => {
    expect(await recount(stack)).toEqual([]);
  });

  test('each theme is found by its word', async () => {
    const fileOf = new Map(summary.images.map(({ image_id, file }) => [image_id, file]));
    const right: Record<string, number> = {};
    for (const [theme, q] of Object.entries(QUERIES)) {
      const { items, meaning } = await ada.get<SearchPage>(`/search/images?q=${q}&limit=10`);
      expect(meaning).toBe('searched');
      for (const { matched } of items) expect(matched.length).toBeGreaterThan(0);
      right[theme] = items.filter(({ image_id }) => themes.get(fileOf.get(image_id) ?? '') === theme).length;
    }
    console.log(`right of the first ten: ${JSON.stringify(right)}`);
    for (const [theme, least] of Object.entries(RIGHT)) expect(right[theme], theme).toBeGreaterThanOrEqual(least);
  });

  test('paging through a search shows each hit once, in one order', async () => {
    const whole = await ada.get<SearchPage>('/search/images?q=animal&limit=100');
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor ? `&cursor=${cursor}` : '';
      const page: SearchPage = await ada.get(`/search/images?q=animal&limit=7${more}`);
      seen.push(...page.items.map(({ image_id }) => image_id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen.length).toBeGreaterThan(14);
    expect(seen.slice(0, 100)).toEqual(whole.items.map(({ image_id }) => image_id));
  });

  test('no two of them are taken for the same picture', async () => {
    expect(await ada.get('/images/duplicates')).toEqual({ items: [], next_cursor: null });
  });
});
