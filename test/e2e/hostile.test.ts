import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../local/demo/client.ts';
import { findFiles } from '../../local/demo/files.ts';
import { runDemo, type Summary } from '../../local/demo/run.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { HOSTILE } from './support/hostile.ts';
import { recount } from './support/recount.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

const there = photosThere('hostile');

// Without those files: test/e2e/bad-input.test.ts draws its own.
describe.skipIf(!there)(
  'corrupt, truncated, huge, odd and malicious files (skipped where photos/hostile is absent)',
  () => {
    let stack: TestStack;
    let summary: Summary;
    beforeAll(async () => {
      // What is hostile about them meets ingest; and somewhere the stack without any AI must be seen to work.
      stack = await startTestStack({ noAi: true });
      const client = createClient(stack.url);
      await client.signUp('hostile@example.org', 'correct horse', 'Ada');
      summary = await runDemo(client, await findFiles(photos('hostile')), () => {});
    }, 240_000);
    afterAll(() => stack?.remove());

    test('each comes to the end it must come to', () => {
      const ends = summary.images.map(({ file, status }) => [file, status]);
      const expected = Object.entries(HOSTILE).map(([file, end]) => [file, end === 'done' ? 'done' : 'rejected']);
      expect(ends.sort()).toEqual(expected.sort());
      expect(summary.images).toHaveLength(148);
    });

    test('those rejected say why, in words; those done are complete', () => {
      const REASONS: Record<string, RegExp> = {
        corrupt: /damaged or incomplete/,
        too_many_pixels: /at most 100 megapixels/,
        unsupported_format: /are not accepted; JPEG|stored in an unusual way/,
        unknown_format: /not a picture of a known format/,
      };
      for (const { file, status, error, degraded, thumbnail_url } of summary.images) {
        const reason = REASONS[HOSTILE[file] ?? ''];
        expect([file, degraded, error]).toEqual([file, false, reason ? expect.stringMatching(reason) : null]);
        expect([file, thumbnail_url !== null]).toEqual([file, status === 'done']);
      }
    });

    test('without AI they wait for no words, and find their clusters by their looks', async () => {
      const done = summary.images.filter(({ status }) => status === 'done');
      for (const { title, tags } of done) expect([title, tags]).toEqual([null, []]);
      expect(done.some(({ cluster }) => cluster !== null)).toBe(true);
    });

    test('and everything stored is accounted for', async () => {
      expect(await recount(stack)).toEqual([]);
    });
  },
);
