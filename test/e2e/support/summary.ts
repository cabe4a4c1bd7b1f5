import sharp from 'sharp';
import { expect } from 'vitest';
import type { Summary } from '../../../local/demo/run.ts';
import { adjustedRandIndex } from '../../../shared/domain/clustering/metrics.ts';

/** Agreement of the clusters with what is in the pictures; one without a cluster is a class of its own. */
export function agreement({ images }: Summary, themeOf: (file: string) => string | undefined): number {
  return adjustedRandIndex(
    images.map(({ file }) => themeOf(file)),
    images.map(({ cluster, file }) => cluster ?? file),
  );
}

/** The longest side of each thumbnail, as a browser would be given it. */
export function thumbnailSides({ images }: Summary): Promise<number[]> {
  return Promise.all(
    images.map(async ({ thumbnail_url }) => {
      const answer = await fetch(thumbnail_url ?? '');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
      const { width, height } = await sharp(await answer.bytes()).metadata();
      return Math.max(width, height);
    }),
  );
}

export function expectComplete(summary: Summary, count: number): void {
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
