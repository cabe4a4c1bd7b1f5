import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../local/demo/client.ts';
import { findFiles } from '../../local/demo/files.ts';
import { runDemo, type Summary } from '../../local/demo/run.ts';
import { adjustedRandIndex } from '../../shared/domain/clustering/metrics.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { recount } from './support/recount.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

const MAIN = fileURLToPath(new URL('../../local/demo/main.ts', import.meta.url));
const there = photosThere('scenes');

/** Agreement of the clusters with what is in the pictures; one without a cluster is a class of its own. */
function agreement({ images }: Summary, themeOf: (file: string) => string | undefined): number {
  return adjustedRandIndex(
    images.map(({ file }) => themeOf(file)),
    images.map(({ cluster, file }) => cluster ?? file),
  );
}

/** The longest side of each thumbnail, as a browser would be given it. */
function thumbnailSides({ images }: Summary): Promise<number[]> {
  return Promise.all(
    images.map(async ({ thumbnail_url }) => {
      const answer = await fetch(thumbnail_url ?? '');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
      const { width, height } = await sharp(await answer.bytes()).metadata();
      return Math.max(width, height);
    }),
  );
}

function expectComplete(summary: Summary, count: number): void {
  expect(summary.images).toHaveLength(count);
  for (const { file, image_id, status, degraded, title, description, tags, error } of summary.images) {
    expect({ file, status, degraded, error }).toEqual({ file, status: 'done', degraded: false, error: null });
    expect([image_id, title, description]).toEqual([
      expect.stringMatching(/./),
      expect.stringMatching(/./),
      expect.stringMatching(/./),
    ]);
    expect(tags.length).toBeGreaterThan(0);
  }
  expect(summary.clusters.length).toBeGreaterThanOrEqual(4);
  const members = new Map(
    summary.clusters.flatMap(({ cluster_id, image_ids }) => image_ids.map((id) => [id, cluster_id])),
  );
  for (const { image_id, cluster } of summary.images) expect(members.get(image_id ?? '') ?? null).toBe(cluster);
  for (const { name } of summary.clusters) expect(name).not.toBe('');
  expect(summary.seconds).toBeGreaterThan(0);
  expect(summary.images_per_second).toBeCloseTo(count / summary.seconds, 0);
}

describe('npm run demo', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  test('on the pictures it draws: --json says it all, --keep leaves it running until Ctrl-C', async () => {
    const { PATH, HOME } = process.env;
    child = spawn(process.execPath, [MAIN, '--json', '--keep'], {
      // No Azure of anybody's: the emulator.
      env: { PATH, HOME, AZURE_OPENAI_ENDPOINT: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const running = new Promise<void>((resolve, reject) => {
      child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (stderr.includes('sign in:')) resolve();
      });
      void exited.then(([code]) => reject(new Error(`The demo ended early (exit ${code}): ${stderr}`)));
    });
    await running;

    const summary = JSON.parse(stdout) as Summary;
    expectComplete(summary, 24);
    expect(Math.max(...(await thumbnailSides(summary)))).toBe(200);
    expect(agreement(summary, (file) => file.replace(/-\d+\.jpg$/, ''))).toBeGreaterThanOrEqual(0.3);
    expect(stderr).toMatch(/24 of 24 done/);

    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(JSON.parse(stdout)).toEqual(summary);
  }, 180_000);
});

describe.skipIf(!there)('108 photos of 9 themes, with faults (skipped where photos/scenes is absent)', () => {
  let stack: TestStack;
  let summary: Summary;
  beforeAll(async () => {
    stack = await startTestStack({ faults: 'describe:kill=3,azure:429=2' });
    const client = createClient(stack.url);
    await client.signUp('scenes@example.org', 'correct horse', 'Ada');
    summary = await runDemo(client, await findFiles(photos('scenes')), () => {});
  }, 240_000);
  afterAll(() => stack?.remove());

  test('all are done, complete, and in clusters', () => {
    expectComplete(summary, 108);
    expect(stack.killsOwed()).toBe(0);
  });

  test('the clusters agree with the themes', async () => {
    const rows = (await readFile(photos('scenes.csv'), 'utf8')).trim().split('\n').slice(1);
    const themes = new Map(
      rows.map((row) => row.split(',')).map(([file = '', theme]) => [file.replace('scenes/', ''), theme]),
    );
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
});
