import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AzureEmulator } from '../../local/emulators/azure/server.ts';
import { colorBins } from '../../shared/domain/color-bins.ts';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { imageId } from '../support/records.ts';
import type { Api } from './api.ts';
import { described, openGallery, searcher, startApiWithAzure } from './gallery.ts';

let api: Api & { azure: AzureEmulator };
beforeAll(async () => {
  api = await startApiWithAzure();
});
afterAll(() => api.stop());

const CLUSTER = '018e0000-0000-7000-8000-000000000001';
const inCluster = {
  cluster_id: CLUSTER,
  similarity: 0.8,
  threshold: 0.5,
  runner_up: null,
  margin: null,
  reason: 'It is the only cluster.',
};
/** A picture of which these parts have these colours. */
const painted = (...parts: [rgb: [number, number, number], percent: number][]) => ({
  color_bins: colorBins(parts.flatMap(([rgb, percent]) => Array(percent).fill(srgbToOklab(...rgb)))),
});
const RED: [number, number, number] = [200, 16, 46];
const BLUE: [number, number, number] = [28, 82, 200];

describe('filters', () => {
  const search = (query: Record<string, string>) => searcher(api, 'ann')(query);

  beforeAll(async () => {
    const { add, photo } = openGallery(api, 'ann');
    const paris = { city: 'Paris', region: 'Île-de-France', country: 'France', country_code: 'FR' };
    const canon = { camera_make: 'Canon', camera_model: 'Canon EOS 40D' };
    await add(
      photo(1, { ...described('dog', ['pet']), taken_at: '2024-05-31T18:00:00', place: paris }),
      photo(2, { ...described('dog'), taken_at: '2024-06-01T09:00:00', metadata: canon, favorite: true }),
      photo(3, { ...described('cat', ['pet']), taken_at: '2023-01-01T00:00:00', place: paris, metadata: canon }),
      photo(4, { ...described('boat'), taken_at: '2025-01-01T00:00:00', cluster: inCluster, archived: true }),
      photo(5, { status: 'failed', error: { code: 'x', message: 'x' } }),
      photo(6, {
        stages: {
          ingest: { state: 'done', attempts: 1 },
          describe: { state: 'refused', attempts: 1 },
          faces: { state: 'done', attempts: 1 },
          organize: { state: 'done', attempts: 1 },
        },
      }),
    );
    await add(photo(7, { status: 'processing', tags: ['dog'] }));
    const gone = photo(8, described('dog', ['pet']));
    await add(gone);
    await openGallery(api, 'ann').hide(gone.image_id);
    const other = openGallery(api, 'bob');
    await other.add(other.photo(9, { ...described('dog', ['pet']), favorite: true, place: paris, metadata: canon }));
  });

  test.each<[string, Record<string, string>, number[]]>([
    ['nothing: everything that is done, newest first', {}, [6, 4, 3, 2, 1]],
    ['a tag', { tag: 'dog' }, [2, 1]],
    ['its plural, in capitals', { tag: 'DOGS' }, [2, 1]],
    ['two tags: both', { tag: 'dog, pet' }, [1]],
    ['a place', { place: 'paris' }, [3, 1]],
    ['a region, without its accents', { place: 'ile-de-france' }, [3, 1]],
    ['city and country code', { place: 'Paris,FR' }, [3, 1]],
    ['a camera by its maker', { camera: 'CANON' }, [3, 2]],
    ['a camera by its model', { camera: 'eos 40d' }, [3, 2]],
    ['a cluster, archived photos included', { cluster: CLUSTER }, [4]],
    ['favourites', { favorite: 'true' }, [2]],
    ['all but favourites', { favorite: 'false' }, [6, 4, 3, 1]],
    ['failed ones', { status: 'failed' }, [5]],
    ['degraded ones', { status: 'degraded' }, [6]],
    ['those under way', { status: 'processing' }, [7]],
    ['a tag, a place and a camera', { tag: 'cat', place: 'france', camera: 'canon' }, [3]],
    ['filters nothing meets', { tag: 'dog', cluster: CLUSTER }, []],
    ['an unknown tag', { tag: 'zeppelin' }, []],
    ['a year: latest taken first', { from: '2024', to: '2024' }, [2, 1]],
    ['from a day on', { from: '2024-06-01' }, [4, 2]],
    ['up to a month', { to: '2024-05' }, [1, 3]],
    ['a tag and a time', { tag: 'pet', from: '2024' }, [1]],
    ['times that end before they begin', { from: '2025', to: '2024' }, []],
  ])('%s', async (_, query, numbers) => {
    const page = await search(query);
    expect(page.ids).toEqual(numbers.map(imageId));
    expect(page).toMatchObject({ next_cursor: null, meaning: 'not_asked' });
    expect(page.items.every(({ score }) => score === null)).toBe(true);
  });

  test('a hit says which of them it met', async () => {
    const { items } = await search({ tag: 'dogs', place: 'France', from: '2024', favorite: 'false', status: 'done' });
    expect(items[0]?.matched).toEqual([
      { by: 'tag', value: 'dog' },
      { by: 'place', value: 'france' },
      { by: 'date', value: '2024-05-31T18:00:00' },
      { by: 'favorite', value: 'false' },
      { by: 'status', value: 'done' },
    ]);
  });

  test.each([
    ['color', 'not a colour', '#rrggbb'],
    ['tag', ' , ', 'letters'],
    ['place', '#', 'letters'],
    ['from', 'yesterday', '2024'],
    ['to', '2024-13', '2024'],
    ['to', '2024-02-32', '2024'],
    ['status', 'gone', 'degraded'],
    ['cursor', 'abc', 'next_cursor'],
  ])('%s=%s is refused, and why', async (name, value, expected) => {
    const answer = await api.call('GET', '/search/images', { as: 'ann', query: { [name]: value } });
    expect(answer.status).toBe(422);
    expect(answer.json<{ errors: { path: string; expected: string }[] }>().errors).toEqual([
      expect.objectContaining({ path: name, expected: expect.stringContaining(expected) }),
    ]);
  });

  test('/search is the same, and says what to use instead', async () => {
    const answer = await api.call('GET', '/search', { as: 'ann', query: { tag: 'cat' } });
    expect(answer.json<{ items: unknown[] }>().items).toHaveLength(1);
    expect(answer.headers.Link).toContain('/api/v1/search/images');
  });
});

describe('words', () => {
  const search = (query: Record<string, string>) => searcher(api, 'cid')(query);

  beforeAll(async () => {
    const { add, photo } = openGallery(api, 'cid');
    await add(
      photo(1, { title: 'A quiet street', description: 'Far away a dog may be seen.', tags: ['street'] }),
      photo(2, described('dog', ['pet', 'animal'])),
      photo(3, described('boat', ['water'])),
      photo(4, { ...described('dog', ['beach', 'sea']), place: { city: 'Paris', country: 'France' } }),
      photo(5, { ...described('receipt'), text: 'TOTAL 42 zloty' }),
      photo(6, { ...described('bird'), filename: 'DSC_0815.JPG', display_name: 'DSC_0815.JPG' }),
      photo(7, { ...described('cat', ['pet']), metadata: { caption: 'Minka', keywords: ['Family'] } }),
    );
  });

  test('what is tagged comes before what is only mentioned', async () => {
    const page = await search({ q: 'dogs' });
    expect(page.ids).toEqual([imageId(2), imageId(4), imageId(1)]);
    expect(page.meaning).toBe('searched');
    const scores = page.items.map(({ score }) => score ?? 0);
    expect(scores).toEqual([...scores].sort((one, other) => other - one));
    expect(page.items[0]?.matched).toEqual([
      { by: 'word', value: 'dogs', in: ['tags', 'title', 'description'] },
      { by: 'meaning', value: 'dogs', score: expect.any(Number) },
    ]);
  });

  test('any word counts, and more of them count more', async () => {
    const { ids } = await search({ q: 'a dog on the beach' });
    expect(ids.slice(0, 2)).toEqual([imageId(4), imageId(2)]);
  });

  test.each<[string, number, string[]]>([
    ['zloty', 5, ['text']],
    ['0815', 6, ['name']],
    ['minka', 7, ['caption']],
    ['families', 7, ['keywords']],
    ['paris', 4, ['place']],
  ])('%s is found where it stands', async (q, number, fields) => {
    const { items, ids } = await search({ q });
    expect(ids).toEqual([imageId(number)]);
    expect(items[0]?.matched).toEqual([{ by: 'word', value: q, in: fields }]);
  });

  test('other words of the same meaning find it, too', async () => {
    const { items } = await search({ q: 'puppy' });
    expect(items.map(({ image_id }) => image_id).sort()).toContain(imageId(2));
    expect(items[0]?.matched).toEqual([{ by: 'meaning', value: 'puppy', score: expect.any(Number) }]);
  });

  test.each(['zeppelin', 'the', '§§§'])('%s finds nothing rather than everything', async (q) => {
    expect((await search({ q })).ids).toEqual([]);
  });

  test('with filters: both must hold', async () => {
    expect((await search({ q: 'dog', tag: 'pet' })).ids).toEqual([imageId(2)]);
    expect((await search({ q: 'dog', place: 'paris' })).ids).toEqual([imageId(4)]);
    expect((await search({ q: 'dog', from: '2024' })).ids).toEqual([]);
    expect((await search({ q: 'dog', status: 'failed' })).ids).toEqual([]);
  });

  test('nobody else’s, whatever the words', async () => {
    expect((await searcher(api, 'dan')({ q: 'dog' })).ids).toEqual([]);
  });
});

describe('a filter that names few photos', () => {
  test('loses none of those near in meaning to the hundred nearest of all', async () => {
    const { add, photo } = openGallery(api, 'eva');
    // More than a hundred that are nearer, none of which is in the cluster.
    const nearer = Array.from({ length: 110 }, (_, index) =>
      photo(index + 10, { title: 'dog', description: 'dog', tags: [] }),
    );
    await add(...nearer);
    await add(photo(1, { ...described('dog', ['pet', 'grass', 'ball', 'garden']), cluster: inCluster }));
    const { items } = await searcher(api, 'eva')({ q: 'puppy', cluster: CLUSTER });
    expect(items.map(({ image_id }) => image_id)).toEqual([imageId(1)]);
    expect(items[0]?.matched.map(({ by }) => by)).toEqual(['meaning', 'cluster']);
  });
});

describe('colours', () => {
  const search = (query: Record<string, string>) => searcher(api, 'fay')(query);

  beforeAll(async () => {
    const { add, photo } = openGallery(api, 'fay');
    await add(
      photo(1, { ...described('car'), ...painted([RED, 30], [BLUE, 70]) }),
      photo(2, { ...described('flower'), ...painted([RED, 90], [BLUE, 10]) }),
      photo(3, { ...described('car'), ...painted([BLUE, 100]) }),
      photo(4, described('car')),
    );
  });

  test.each(['#c8102e', 'c8102e', 'Red'])('%s: most of it first', async (color) => {
    const page = await search({ color });
    expect(page.ids).toEqual([imageId(2), imageId(1)]);
    expect(page.meaning).toBe('not_asked');
    expect(page.items[0]?.matched).toEqual([{ by: 'color', value: color, score: expect.any(Number) }]);
    const [most = 0, some = 0] = page.items.map(({ score }) => score ?? 0);
    expect(most).toBeGreaterThan(0.4);
    expect(most).toBeGreaterThan(some);
  });

  test('with words: both must be there', async () => {
    const { items } = await search({ q: 'car', color: 'red' });
    expect(items.map(({ image_id }) => image_id)).toEqual([imageId(1)]);
    expect(items[0]?.matched.map(({ by }) => by)).toEqual(['word', 'meaning', 'color']);
    expect((await search({ q: 'zeppelin', color: 'red' })).ids).toEqual([]);
  });

  test('with a filter', async () => {
    expect((await search({ color: 'blue', tag: 'car' })).ids).toEqual([imageId(3), imageId(1)]);
  });
});

describe('without the model', () => {
  test('words are looked for, and the answer says that meaning was not', async () => {
    const { add, photo } = openGallery(api, 'gus');
    await add(photo(1, described('dog')), photo(2, described('cat')));
    const search = searcher(api, 'gus');
    expect(await search({ q: 'dog' })).toMatchObject({ meaning: 'searched' });
    api.azure.setFaults({ throttle: 1, retryAfter: 30 });
    const page = await search({ q: 'dog now' });
    expect(page).toMatchObject({ meaning: 'unavailable', ids: [imageId(1)] });
    // What has been asked before is remembered; what has not is not asked again so soon.
    api.azure.setFaults({});
    expect(await search({ q: 'dog' })).toMatchObject({ meaning: 'searched' });
    expect(await search({ q: 'cat now' })).toMatchObject({ meaning: 'unavailable', ids: [imageId(2)] });
  });
});
