import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImages } from '../../shared/adapters/images.ts';
import type { ImageView, Problem } from '../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { donePhoto, imageId, imageRecord } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const images = () => createImages(api.world.table, TABLE, () => new Date());
const path = (number: number) => `/images/${imageId(number)}`;
const key = (userId: string, number: number) => ({ userId, imageId: imageId(number) });

/** Stores records; those that have ended are settled, as organize leaves them. */
async function seed(...records: ImageRecord[]): Promise<void> {
  for (const record of records) {
    await images().create(record);
    if (record.status === 'done') await images().settle({ userId: record.user_id, imageId: record.image_id }, record);
  }
}
const patch = (as: string, number: number, body: object) => api.call('PATCH', path(number), { as, body });
const stale = async (userId: string) =>
  (await Array.fromAsync(images().stale(new Date(Date.now() + 1000)))).filter((record) => record.user_id === userId);

describe('an edit', () => {
  test('shows at once, says what is locked, and tells organize', async () => {
    await seed(donePhoto('ada', 1));
    await api.world.drain('organize');
    const body = {
      title: 'Our beach',
      tags: ['Dogs', 'dogs '],
      favorite: true,
      place: { city: 'Porto', country_code: 'PT' },
    };
    const answer = await patch('ada', 1, body);
    expect(answer.status).toBe(200);
    const image = answer.json<ImageView>();
    expect(image).toMatchObject({
      title: 'Our beach',
      description: 'Sand and sea.',
      tags: ['dogs'],
      favorite: true,
      archived: false,
      place: { city: 'Porto', country_code: 'PT' },
      locked: ['title', 'tags', 'place'],
      status: 'done',
    });
    expect((await api.call('GET', path(1), { as: 'ada' })).json()).toMatchObject({ title: 'Our beach' });
    const event = { type: 'edited', event_id: `edited:${imageId(1)}:1`, user_id: 'ada', image_id: imageId(1) };
    expect(await api.world.drain('organize')).toEqual([event]);
    // Until organize has followed, sweep knows of it: the event may have been lost with the function that was to send it.
    expect(await stale('ada')).toHaveLength(1);
  });

  test('taken back shows what the model and the file say, without another run', async () => {
    const record = donePhoto('bea', 2);
    await seed(record);
    const body = { title: 'Mine', display_name: 'Mine', taken_at: '2001-02-03T04:05:06', tags: [] };
    expect((await patch('bea', 2, body)).json()).toMatchObject({
      tags: [],
      taken_at: '2001-02-03T04:05:06',
      taken_at_offset: null,
      taken_at_source: 'person',
    });
    const open = { title: null, display_name: null, taken_at: null, tags: null };
    const { title, display_name, tags, taken_at, taken_at_offset, taken_at_source } = record;
    const back = (await patch('bea', 2, open)).json();
    expect(back).toMatchObject({ title, display_name, tags, taken_at, taken_at_offset, taken_at_source, locked: [] });
  });

  test('that is repeated changes nothing and tells nobody', async () => {
    await seed(donePhoto('cid', 3));
    const first = (await patch('cid', 3, { description: 'Mine.', archived: true })).json();
    await api.world.drain('organize');
    expect((await patch('cid', 3, { description: 'Mine.', archived: true })).json()).toEqual(first);
    expect(await api.world.drain('organize')).toEqual([]);
    expect((await images().get(key('cid', 3)))?.edit_revision).toBe(1);
  });

  test('and many others at once all count where they touch different fields', async () => {
    await seed(donePhoto('dan', 4));
    const bodies = [
      { title: 'T' },
      { description: 'D' },
      { tags: ['t'] },
      { display_name: 'n.jpg' },
      { taken_at: '2020-01-01T00:00:00' },
      { place: { city: 'C' } },
      { favorite: true },
      { archived: true },
    ];
    await Promise.all(bodies.map((body) => patch('dan', 4, body)));
    const record = await images().get(key('dan', 4));
    expect(record).toMatchObject(Object.assign({}, ...bodies));
    expect(record?.edit_revision).toBe(bodies.length);
    expect(record?.machine).toMatchObject({ title: 'A beach', tags: ['beach', 'sea'], taken_at_source: 'gps_zone' });
  });

  test('of a photo that is still being processed works, and wins over what the stage finds', async () => {
    const begun = imageRecord('eva', 5, { status: 'processing' });
    await seed(begun);
    await api.world.drain('organize');
    await patch('eva', 5, { place: { city: 'Porto' }, taken_at: '2020-01-01T00:00:00' });
    // It has an event to come; until then sweep looks after it as before.
    expect(await api.world.drain('organize')).toEqual([]);
    const facts = {
      width: 4,
      place: { city: 'Rome' },
      taken_at: '2024-01-01T00:00:00',
      taken_at_source: 'camera',
    } as const;
    const ended = await images().endStage(key('eva', 5), 'ingest', { state: 'done' }, facts);
    expect(ended).toMatchObject({
      width: 4,
      place: { city: 'Porto' },
      taken_at: '2020-01-01T00:00:00',
      machine: { place: { city: 'Rome' }, taken_at: '2024-01-01T00:00:00', taken_at_source: 'camera' },
      stages: { ingest: { state: 'done' } },
    });
    expect((await patch('eva', 5, { place: null })).json()).toMatchObject({ place: { city: 'Rome' } });
  });

  test('that comes between the reading and the writing of a stage’s end wins, too', async () => {
    const seen = imageRecord('fay', 6, { status: 'processing' });
    await seed(seen);
    let edited = false;
    api.world.table.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName?.startsWith('Update') && !edited) {
            edited = true;
            await patch('fay', 6, { place: { city: 'Porto' } });
          }
          return next(args);
        },
      { step: 'initialize', name: 'editor', override: true },
    );
    const ended = await images().endStage(key('fay', 6), 'ingest', { state: 'done' }, { place: { city: 'Rome' } });
    api.world.table.middlewareStack.remove('editor');
    expect(edited).toBe(true);
    expect(ended).toMatchObject({ place: { city: 'Porto' }, machine: { place: { city: 'Rome' } } });
  });

  test.each([
    [{}, 'body'],
    [{ title: '\u200b\u200b' }, 'title'],
    [{ title: '' }, 'title'],
    [{ tags: Array.from({ length: 21 }, (_, index) => `tag${index}`) }, 'tags'],
    [{ taken_at: '2024-02-30T10:00:00' }, 'taken_at'],
    [{ taken_at: '2024-02-28' }, 'taken_at'],
    [{ taken_at_offset: '+02:00' }, 'body'],
    [{ place: { city: 'Porto', lat: 4 } }, 'place.lat'],
    [{ status: 'done' }, 'status'],
  ])('%j is refused: %s', async (body, where) => {
    await seed(donePhoto('gil', 7));
    const answer = await patch('gil', 7, body);
    expect(answer.status).toBe(422);
    expect(answer.json<Problem>().errors?.map((error) => error.path)).toContain(where);
    expect((await images().get(key('gil', 7)))?.edit_revision).toBeUndefined();
  });

  test('of somebody else’s photo, a deleted one, or none is answered alike', async () => {
    await seed(donePhoto('hal', 8), donePhoto('ivy', 9));
    await images().markDeleted(key('ivy', 9));
    const answers = [8, 9, 999].map((number) => patch('ivy', number, { title: 'Mine' }));
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(404);
    expect(await images().get(key('hal', 8))).toMatchObject({ title: 'A beach' });
    expect(await images().get(key('ivy', 9))).toMatchObject({ title: 'A beach' });
  });
});
