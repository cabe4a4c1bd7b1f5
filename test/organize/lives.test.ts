import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import type { ImageKey } from '../../shared/adapters/images.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { mortal } from '../support/mortal.ts';
import { AT } from '../support/records.ts';
import { startWorld, type World } from '../support/world.ts';
import { createGallery, type Gallery, hashOf, organizeDeps, vectorOf } from './gallery.ts';
import { createPlanning, type Work } from './planned.ts';

const PHOTOS = 5;
const GALLERIES = 10;

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let users = 0;
let planned: ReturnType<typeof createPlanning>;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, AT);
  planned = createPlanning(world, deps);
});
afterAll(() => world.stop());

/** Something that happens to one photo; what it means depends on whether the photo is there. */
interface Step {
  photo: number;
  act: 'upload' | 'reject' | 'edit' | 'rerun' | 'reembed' | 'remove' | 'merge' | 'move' | 'undo';
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
  act: fc.constantFrom(
    'upload',
    'upload',
    'upload',
    'reject',
    'edit',
    'rerun',
    'reembed',
    'remove',
    'merge',
    'move',
    'undo',
  ),
  theme: fc.nat(1),
  picture: fc.nat(1),
  words: fc.constantFrom('dog', 'cats', 'beach', 'Café', 'two words'),
});
const delivery: fc.Arbitrary<Delivery> = fc.record({
  dies: fc.option(fc.nat(60), { freq: 3 }),
  pieces: fc.integer({ min: 1, max: 4 }),
  meanwhile: step,
});

async function act(
  gallery: Gallery,
  { photo, act, theme, picture, words }: Step,
): Promise<OrganizeEvent | OrganizeEvent[] | null> {
  const there = await deps.images.get(gallery.key(photo));
  const fields = { tags: [words, `theme${theme}`], title: words, favorite: picture === 0 };
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
    default:
      return byHand(gallery.key(photo), act, picture);
  }
}

/** Two clusters become one, a photo goes to another, a new one or none, or that is undone; where there are any. */
async function byHand({ userId, imageId }: ImageKey, act: 'merge' | 'move' | 'undo', picture: number) {
  const space = 'clusters' as const;
  const [one, other] = await deps.clusters.list(userId);
  const point = await deps.undo.get(userId, space);
  const to = picture === 0 ? { name: 'Mine' } : (other?.cluster_id ?? null);
  const work: Work | false | undefined = {
    merge: one &&
      other && { type: 'merge' as const, request: { space, into: one.cluster_id, from: [other.cluster_id] } },
    move: { type: 'move' as const, request: { space, ids: [imageId], to } },
    undo: point !== null && { type: 'undo' as const, request: { space, job_id: point.job_id } },
  }[act];
  return work ? (await planned(userId, work)).events : null;
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
        let queue: OrganizeEvent[] = [];
        const happen = async (what: Step) => {
          const event = await act(gallery, what);
          if (event) queue.push(...[event].flat());
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
