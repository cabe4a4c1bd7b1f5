import { expect, test } from 'vitest';
import { ApiError, type Client } from '../../local/demo/client.ts';
import { runDemo } from '../../local/demo/run.ts';

/** A gallery whose one photo moves from cluster `a` to `b` while it is being read; a cluster that is `gone` is listed and not found. */
function galleryInMotion(readings: readonly { image: string | null; listed: string; gone?: true }[]) {
  let reading = 0;
  const now = () => readings[Math.min(reading, readings.length - 1)];
  const client: Partial<Record<keyof Client, () => Promise<unknown>>> = {
    makeAlbums: async () => undefined,
    clusters: async () => [{ cluster_id: now()?.listed, name: 'Dogs', name_source: 'model' }],
    clusterImages: async () => {
      if (now()?.gone) throw new ApiError(404, 'There is no cluster with this id.');
      return ['photo'];
    },
    images: async () => {
      const cluster = { cluster_id: now()?.image };
      reading += 1;
      return [{ image_id: 'photo', status: 'done', thumbnail_url: null, cluster }];
    },
    people: async () => [{ person_id: 'ada', count: 2, name: null }],
    albums: async () => [{ album_id: 'trip', name: 'Lisbon, May 2024', count: null, cover: null }],
  };
  return { client: client as unknown as Client, readings: () => reading };
}

test('the demo reads images and clusters until they agree which belong together', async () => {
  const { client, readings } = galleryInMotion([
    { image: 'a', listed: 'a' }, // seen while it waits for photos to end
    { image: 'a', listed: 'b' },
    { image: null, listed: 'b' },
    { image: null, listed: 'c', gone: true },
    { image: 'b', listed: 'b' },
  ]);
  const summary = await runDemo(client, [], () => {});
  expect(readings()).toBe(5);
  expect(summary).toMatchObject({
    clusters: [{ cluster_id: 'b', name: 'Dogs', image_ids: ['photo'] }],
    people: [{ person_id: 'ada', count: 2 }],
    albums: [{ album_id: 'trip', name: 'Lisbon, May 2024', count: null }],
  });
});
