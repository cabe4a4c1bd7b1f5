import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeepAlbum } from '../../functions/jobs/keep-album.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import type { Album } from '../../shared/domain/albums/album.ts';
import { createGallery, organizeDeps } from '../organize/gallery.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const PHOTOS = 3;
const ALBUM = '018f0000-0000-7000-8000-000000000001';

let world: World;
let life: ReturnType<typeof mortal>;
let users = 0;
/** The queue knows events by their ids: no two users have photos, or jobs, of the same. */
const photo = (index: number) => 100 * users + index;
const job = () => imageId(100_000 + users);
const LATER = 200_000;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.sqs]);
});
afterAll(() => world.stop());

/** Photos of one month, whose album has just become manual or is gone. */
async function prepare(changes: () => Partial<Album>, also: object) {
  users += 1;
  const user = `Kim${users}`;
  const deps = organizeDeps(world, AT);
  const gallery = createGallery(world, deps, user);
  const organize = createOrganize(deps);
  const albumImages = createAlbumImages(world.table, TABLE);
  const at = AT.toISOString();
  const album: Album = {
    album_id: ALBUM,
    kind: 'manual',
    name: 'May',
    sort: 'taken',
    created_at: at,
    updated_at: at,
    ...changes(),
  };
  await deps.albums.create(user, { ...album, hidden: undefined } as unknown as Album);
  const numbers = [...Array.from({ length: PHOTOS }, (_, index) => photo(index)), LATER + users];
  const events = numbers.map((number, index) =>
    gallery.described(number, 0, { taken_at: `2024-05-0${9 - index}T10:00:00`, taken_at_source: 'camera', ...also }),
  );
  await organize(user, await Promise.all(events));
  if (album.hidden) await deps.albums.change(user, ALBUM, { set: { hidden: true } });
  const run = () =>
    createKeepAlbum({ ...deps, edits: deps.edits, albumImages, albums: deps.albums, queues: deps.queues })(user, job());
  async function settle() {
    const events: OrganizeEvent[] = (await world.drain('organize')).map((body) => organizeEvent.parse(body));
    for (const event of events) await organize(user, [event]);
  }
  return { user, deps, gallery, albumImages, run, settle };
}

async function killEverywhere(
  stride: number,
  prepared: () => ReturnType<typeof prepare>,
  check: (world: Awaited<ReturnType<typeof prepare>>) => Promise<void>,
) {
  let kills = 0;
  for (let request = 0; ; request += stride) {
    const one = await prepared();
    await world.drain('organize');
    life.arm(request);
    const outcome = await one.run().catch((error: unknown) => error);
    life.arm(null);
    if (outcome !== 'ended') {
      expect(outcome).toBeInstanceOf(Killed);
      kills += 1;
      if (kills % 2) await one.settle();
      expect(await one.run()).toBe('ended');
    }
    await one.settle();
    await check(one);
    expect(await one.gallery.deviations(), `killed before request ${request}`).toEqual([]);
    if (outcome === 'ended') break;
  }
  expect(kills).toBeGreaterThan(1);
}

test('an album that became manual keeps the photos it showed then, killed anywhere and run again', async () => {
  await killEverywhere(
    5,
    async () => {
      const rule = { by: 'month', month: '2024-05' } as const;
      const one = await prepare(() => ({ rule, keeping: { job_id: job(), except: [imageId(photo(1))] } }), {});
      await one.deps.jobs.create(one.user, { type: 'keep_album', request: { album_id: ALBUM } }, job);
      return one;
    },
    async ({ user, deps, albumImages }) => {
      const album = await deps.albums.get(user, ALBUM);
      expect(album).not.toHaveProperty('keeping');
      // In the order of taking; one was left out, one came later.
      const { imageIds } = await albumImages.page(user, { ...(album as Album), sort: 'manual' }, { limit: 100 });
      expect(imageIds).toEqual([2, 0].map((index) => imageId(photo(index))));
      expect(await deps.jobs.get(user, job())).toMatchObject({ status: 'done' });
    },
  );
});

test('an album that is gone is forgotten by its photos, killed anywhere and run again', async () => {
  await killEverywhere(
    2,
    async () => {
      const one = await prepare(() => ({ hidden: true }), { albums: { [ALBUM]: 'k1' } });
      await one.deps.jobs.create(one.user, { type: 'clear_album', request: { album_id: ALBUM } }, job);
      return one;
    },
    async ({ user, deps, gallery }) => {
      expect(await gallery.below('IN_ALBUM#')).toEqual([]);
      expect(await gallery.below('ALBUM#')).toEqual([]);
      expect((await gallery.existing(photo(0))).albums).toEqual({});
      expect(await deps.jobs.get(user, job())).toMatchObject({ status: 'done' });
    },
  );
});
