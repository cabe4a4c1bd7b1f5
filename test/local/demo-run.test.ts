import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ApiError, type Client, createClient } from '../../local/demo/client.ts';
import { report } from '../../local/demo/report.ts';
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

/** A gallery to which `b.jpg` came with the bytes of `a.jpg`, and `c.jpg` too, but that it was only found by ingest. */
function galleryOfCopies(): Client {
  const common = { thumbnail_url: null, tags: [], degraded: false, updated_at: '' };
  const error = { code: 'duplicate', message: 'These very bytes are already stored as image 1.' };
  const images = [
    { ...common, image_id: '1', status: 'done', duplicate_of: null },
    { ...common, image_id: '3', status: 'duplicate', duplicate_of: '1', error },
  ];
  const upload = { url: '', fields: {} };
  const client: Partial<Record<keyof Client, () => Promise<unknown>>> = {
    makeAlbums: async () => undefined,
    tickets: async () => [
      { image_id: '1', upload },
      { image_id: '1', duplicate: true },
      { image_id: '3', upload },
    ],
    upload: async () => undefined,
    clusters: async () => [],
    images: async () => images,
    people: async () => [],
    albums: async () => [],
  };
  return client as unknown as Client;
}

test('a copy names the file it is one of, and where there is no album it says why', async () => {
  const files = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => ({ path: fileURLToPath(import.meta.url), name, bytes: 1 }));
  const said = report(await runDemo(galleryOfCopies(), files, () => {}));
  expect(said).toContain(
    '  a.jpg\n  b.jpg [duplicate]\n      a copy of a.jpg\n  c.jpg [duplicate]\n      a copy of a.jpg\n',
  );
  expect(said).not.toContain('already stored');
  expect(said).toContain('Albums of events (0): an event needs 3 dated photos');
});

test('an answer that is no list is refused as such', async () => {
  const server = createServer((_, response) => response.end('{"errorMessage":"Runtime exited"}')).listen(0);
  await once(server, 'listening');
  const client = createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect(client.clusters()).rejects.toThrow('GET /images/clusters: the answer is no list');
  await expect(client.images()).rejects.toThrow(ApiError);
  server.close();
});
