import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import type { Album } from '../../shared/domain/albums/album.ts';
import { mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, type World } from '../support/world.ts';
import { createGallery, type Gallery, hashOf, organizeDeps, vectorOf } from './gallery.ts';

const PHOTOS = 5;
const GALLERIES = 10;
const ALBUM: Album = {
  album_id: imageId(998),
  kind: 'manual',
  name: 'Mine',
  sort: 'manual',
  created_at: AT.toISOString(),
  updated_at: AT.toISOString(),
};

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, AT);
});
afterAll(() => world.stop());

/** Something that happens to one photo; what it means depends on whether the photo is there. */
interface Step {
  photo: number;
  act: 'upload' | 'reject' | 'edit' | 'rerun' | 'reembed' | 'remove';
  theme: number;
  picture: number;
  words: string;
}

/** Organize works on what has come so far: it dies before the n-th request, or survives; what comes back is whole or in pieces. */
interface Delivery {
  dies: number | null;
  pieces: number;
  /** Happens before the batch comes back. */
  meanwhile: Step;
}

const step: fc.Arbitrary<Step> = fc.record({
  photo: fc.nat(PHOTOS - 1),
  act: fc.constantFrom('upload', 'upload', 'upload', 'reject', 'edit', 'rerun', 'reembed', 'remove'),
  theme: fc.nat(1),
  picture: fc.nat(1),
  words: fc.constantFrom('dog', 'cats', 'beach', 'Café', 'two words'),
});
const delivery: fc.Arbitrary<Delivery> = fc.record({
  dies: fc.option(fc.nat(60), { freq: 3 }),
  pieces: fc.integer({ min: 1, max: 4 }),
  meanwhile: step,
});

async function act(gallery: Gallery, { photo, act, theme, picture, words }: Step): Promise<OrganizeEvent | null> {
  const there = await deps.images.get(gallery.key(photo));
  const taken_at = `2024-05-1${picture}T0${photo}:00:00`;
  const fields = {
    tags: [words, `theme${theme}`],
    title: words,
    favorite: picture === 0,
    taken_at,
    taken_key: `${taken_at}#${imageId(photo)}`,
    place: { city: words, country: 'Portugal' },
    metadata: { gps: { lat: 38 + 2 * theme, lon: -9 } },
    // Nobody has made the second one.
    albums: { [theme === 0 ? ALBUM.album_id : imageId(999)]: `k${picture}` },
  };
  switch (act) {
    case 'upload':
      return there ? null : gallery.described(photo, theme, { phash: hashOf(picture, photo), ...fields });
    case 'reject':
      return there ? null : gallery.rejected(photo);
    case 'edit':
      return gallery.edited(photo, fields);
    case 'rerun':
      return gallery.describedAgain(photo, { ...fields, phash: hashOf(picture, photo) }, null);
    case 'reembed':
      return gallery.describedAgain(photo, fields, vectorOf(theme, photo + 50));
    case 'remove':
      return gallery.removed(photo);
  }
}

test('random lives of small galleries, killed anywhere and repeated, end as counted anew', async () => {
  const organize = createOrganize(deps);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(step, { minLength: 1, maxLength: 6 }), delivery), { minLength: 1, maxLength: 4 }),
      async (rounds) => {
        users += 1;
        const user = `Ann${users}`;
        const gallery = createGallery(world, deps, user);
        await deps.albums.create(user, ALBUM);
        await deps.albums.setSettings(user, { by: ['country', 'city', 'month', 'day', 'event'], min_images: 2 });
        let queue: OrganizeEvent[] = [];
        const happen = async (what: Step) => {
          const event = await act(gallery, what);
          if (event) queue.push(event);
        };
        for (const [steps, { dies, pieces, meanwhile }] of rounds) {
          for (const what of steps) await happen(what);
          const batch = queue.slice(0, 10);
          queue = queue.slice(10);
          life.arm(dies);
          const survived = await organize(user, batch).then(
            () => true,
            () => false,
          );
          life.arm(null);
          await happen(meanwhile);
          if (survived) continue;
          const size = Math.ceil(batch.length / pieces);
          for (let start = 0; start < batch.length; start += size)
            await organize(user, batch.slice(start, start + size));
        }
        for (let start = 0; start < queue.length; start += 10) await organize(user, queue.slice(start, start + 10));
        expect(await gallery.deviations()).toEqual([]);
      },
    ),
    { numRuns: GALLERIES },
  );
});
