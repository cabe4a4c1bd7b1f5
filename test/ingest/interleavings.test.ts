import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INGEST_STEPS } from '../../functions/ingest/ingest.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { Killed } from '../support/mortal.ts';
import { startWorld, type World } from '../support/world.ts';
import { openPhotos, type Photos, sha256 } from './photos.ts';

/** How many histories are tried; each takes a few hundred milliseconds. */
const RUNS = 25;

let world: World;
let contents: Buffer[];
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  contents = [await drawPicture({ seed: 1 }), await drawPicture({ seed: 2 }), Buffer.from('no picture')];
});
afterAll(() => world.stop());

const photo = fc.integer({ min: 1, max: 2 });
const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('run' as const), photo }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('die' as const), photo, step: fc.constantFrom(...INGEST_STEPS) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('post' as const), photo, content: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), photo }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Does one thing to the photos; a run gives way to the others before each of its steps. */
async function act(photos: Photos, action: Action, giveWay: () => Promise<void>): Promise<void> {
  await giveWay();
  if (action.kind === 'post') return photos.post(action.photo, contents[action.content] as Buffer);
  if (action.kind === 'delete') return void (await photos.images.markDeleted(photos.key(action.photo)));
  const dying = action.kind === 'die' ? action.step : undefined;
  try {
    await photos.run(action.photo, async (step) => {
      await giveWay();
      if (step === dying) throw new Killed('killed by the test');
    });
  } catch (error) {
    // Either it was killed, or it saw so many changes that it left the rest to the queue.
    if (!(error instanceof Killed) && !(error instanceof Error && error.message.includes('the queue'))) throw error;
  }
}

/** What must be true of each photo once all messages have been delivered again. */
async function expectOneEnd(photos: Photos, number: number): Promise<string> {
  const record = await photos.record(number);
  const handedOn = new Set(await photos.handedOn());
  if (!record || record.deleted_at) {
    await photos.erase(number);
    await photos.expectNothing(number);
    return 'erased';
  }
  if (record.status === 'processing') {
    const accepted = contents.find((content) => sha256(content) === record.sha256);
    await photos.expectAccepted(number, accepted as Buffer);
    return `accepted ${record.sha256}`;
  }
  expect(await photos.stored(number)).toEqual([]);
  expect(handedOn.has(record.image_id) && record.status !== 'awaiting_upload').toBe(false);
  expect(['rejected', 'duplicate', 'awaiting_upload']).toContain(record.status);
  return record.status;
}

test('whatever dies, repeats and overtakes what else, each photo ends once and whole', async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(action, { minLength: 2, maxLength: 8 }),
    async (scheduler, actions) => {
      users += 1;
      const photos = openPhotos(world, `Ann${users}`);
      await photos.announce(1);
      await photos.announce(2);
      const giveWay = () => scheduler.schedule(Promise.resolve());
      await scheduler.waitFor(Promise.all(actions.map((one) => act(photos, one, giveWay))));
      // The queue brings every message back until it has been worked on.
      for (const number of [1, 2, 1, 2]) await photos.run(number);
      const ends = [await expectOneEnd(photos, 1), await expectOneEnd(photos, 2)];
      const accepted = ends.filter((end) => end.startsWith('accepted'));
      expect(new Set(accepted).size).toBe(accepted.length);
    },
  );
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
}, 180_000);
