import { load } from 'exifreader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type * as schemas from '../../shared/contract/schemas.ts';
import { seededRandom, shuffled } from '../../shared/domain/clustering/random.ts';
import { photosThere } from '../fixtures/real-photos.ts';
import { deal, FOLDERS, type Photo } from './support/deal.ts';
import { finished } from './support/long-work.ts';
import { overhear } from './support/overheard.ts';
import { batch, clustersOf, fileOf, idsOf, listed, type Owner, openGallery, peopleOf, send } from './support/owner.ts';
import type { Image } from './support/person.ts';
import { recount } from './support/recount.ts';
import { seen, sparing, without } from './support/seen.ts';
import { quiet, startTestStack, type TestStack } from './support/stack.ts';
import { readStored } from './support/stored.ts';
import { unpack } from './support/taken-along.ts';
import { createVisitor } from './support/visitor.ts';

type Cluster = z.infer<typeof schemas.clusterSummary>;
type Batch = z.infer<typeof schemas.batchResponse>;
type NewLink = z.infer<typeof schemas.newLink>;

const PHOTOS = Number(process.env.LIFE_PHOTOS ?? 40);
const SEED = Number(process.env.LIFE_SEED ?? 11);
/** One photo in so many is uploaded twice by whoever has it. */
const TWICE_OF = 10;
const UPLOADS_AT_ONCE = 6;
/** Every event from the bucket comes twice, a photo is put off by Azure, and whoever derives dies twice. */
const FAULTS = 'ingest:duplicate=1,azure:429=2,organize:kill=2,faces:kill=1';
/** Only against hanging, on a busy machine. */
const PATIENCE_MS = 240_000 + PHOTOS * 10_000;
/** Photos there have to be before an automatic album is made. */
const FEWEST = 2;
const PASSWORD = 'Seemöwe 🐚';

const there = FOLDERS.map(photosThere).every(Boolean);
const first = <T>(items: readonly T[]): T => {
  const [item] = items;
  if (item === undefined) throw new Error('Expected at least one');
  return item;
};
/** What occurs often enough for an album. */
const often = (values: readonly string[]) =>
  new Set(values.filter((value) => values.filter((other) => other === value).length >= FEWEST));
describe.skipIf(!there)('two lives at once (skipped where the photos are absent)', { timeout: PATIENCE_MS }, () => {
  let stack: TestStack;
  let owners: [Owner, Owner];

  /** The same for both, side by side; afterwards nothing is under way any more. */
  async function both(step: (owner: Owner) => Promise<void>): Promise<void> {
    await Promise.all(owners.map(step));
    await settled();
  }
  const settled = () => quiet(stack, PATIENCE_MS);

  beforeAll(async () => {
    const random = seededRandom(SEED);
    const { hands, different } = await deal(PHOTOS, random);
    const count = hands.flat().length;
    const few = count < PHOTOS ? ` (${PHOTOS} were asked for: there are no more)` : '';
    console.log(`LIFE_SEED=${SEED}: ${count} photos of ${different} different files${few}, for two`);
    stack = await startTestStack({ faces: true, faults: FAULTS });
    const open = (hand: Photo[], index: number) => openGallery(stack.url, hand, seededRandom(SEED + 1 + index));
    owners = (await Promise.all(hands.map(open))) as [Owner, Owner];
  });
  afterAll(() => stack?.remove());

  test('all are uploaded, some of them twice, and end', async () => {
    await both(async (owner) => {
      const { person, hand, random } = owner;
      const twice = shuffled(hand, random).slice(0, Math.ceil(hand.length / TWICE_OF));
      const order = shuffled([...hand, ...twice], random);
      const queue = order.entries();
      const ids: string[] = [];
      const worker = async () => {
        for (const [index, photo] of queue) ids[index] = await person.upload(photo);
      };
      await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
      // Cheaper than asking for all of them again and again.
      await settled();
      const images = await person.ended(ids);
      owner.uploads = images.length;

      const byStatus = Map.groupBy(images, ({ status }) => status);
      for (const image of byStatus.get('rejected') ?? []) {
        expect(image.filename).toMatch(/\.mp3$/);
        expect(image.error?.message).toMatch(/\w+ \w+/);
      }
      for (const image of byStatus.get('done') ?? []) owner.images.set(image.sha256 ?? '', image);
      expect(images.filter(({ status }) => !['done', 'duplicate', 'rejected'].includes(status))).toEqual([]);
      const pictures = hand.filter(({ filename }) => !filename.endsWith('.mp3'));
      expect([...owner.images.keys()].sort()).toEqual(pictures.map((photo) => photo.sha256).sort());
      const copies = byStatus.get('duplicate') ?? [];
      expect(copies).toHaveLength(twice.filter((photo) => pictures.includes(photo)).length);
      const original = new Map([...owner.images.values()].map(({ image_id, filename }) => [image_id, filename]));
      for (const { duplicate_of, filename } of copies) expect(original.get(duplicate_of ?? '')).toBe(filename);
      expect(byStatus.get('done')).toHaveLength(owner.images.size);
    });
    await both(async ({ person, images }) => {
      // By now the names of clusters have come, and those that waited have been placed.
      await seen(person);
      for (const { degraded, faces } of images.values())
        expect([degraded, Array.isArray(faces)]).toEqual([false, true]);
    });
  });

  test('an album by hand: in order, with a cover; automatic ones; one by search', async () => {
    let events = 0;
    await both(async (owner) => {
      const { person, random, images } = owner;
      const ids = shuffled(idsOf([...images.values()]), random);
      const { album_id } = await send<schemas.AlbumView>(owner, 'POST', '/albums/manual', { name: 'By hand' }, 201);
      const path = `/albums/${album_id}`;
      const put = await send<Batch>(owner, 'PUT', `${path}/images`, { ids });
      expect(put.items.map(({ result }) => result)).toEqual(ids.map(() => 'done'));
      await settled();
      expect(await listed(owner, `${path}/images`)).toEqual(ids);
      const last = ids.at(-1) ?? '';
      await send(owner, 'PUT', `${path}/images`, { ids: [last], after: null });
      await send(owner, 'DELETE', `${path}/images`, { ids: ids.slice(0, 2) });
      await send(owner, 'PATCH', path, { cover_image_id: ids[3] });
      await settled();
      owner.album = album_id;
      owner.inAlbum = [last, ...ids.slice(2, -1)];
      expect(await listed(owner, `${path}/images`)).toEqual(owner.inAlbum);
      expect(await person.get(path)).toMatchObject({
        kind: 'manual',
        count: ids.length - 2,
        cover: { image_id: ids[3] },
        cover_image_id: ids[3],
      });

      const by = ['country', 'city', 'month', 'event'];
      const job = await finished(person, 'POST', '/albums/auto-generate', { by, min_images: FEWEST });
      await settled();
      const auto = await person.all<schemas.AlbumView>('/albums', 'limit=100&kind=auto');
      expect(job.result).toMatchObject({ albums: auto.length });
      for (const { album_id: id, rule } of auto) owner.rules.set(id, JSON.stringify(rule));
      const ruled = Map.groupBy(auto, ({ rule }) => rule?.by);
      const dated = [...images.values()].filter(({ taken_at_source }) => taken_at_source !== 'upload');
      expect(new Set(ruled.get('month')?.map(({ rule }) => rule?.month))).toEqual(
        often(dated.flatMap(({ taken_at }) => taken_at?.slice(0, 7) ?? [])),
      );
      const cities = [...images.values()].flatMap(({ place }) => place?.city ?? []);
      expect(new Set(ruled.get('city')?.map(({ name }) => name))).toEqual(often(cities));
      for (const { album_id: id, rule } of ruled.get('month') ?? []) {
        const inMonth = await person.all<Image>(`/albums/${id}/images`);
        expect(new Set(inMonth.map(({ taken_at }) => taken_at?.slice(0, 7)))).toEqual(new Set([rule?.month]));
      }
      for (const { rule, count } of ruled.get('event') ?? []) {
        const times = dated.map(({ taken_at }) => taken_at ?? '');
        const during = times.filter((time) => time >= (rule?.from ?? '') && time <= (rule?.to ?? ''));
        expect([count, during.length]).toEqual([during.length, expect.toSatisfy((length) => length >= 3)]);
      }
      events += ruled.get('event')?.length ?? 0;

      const tag = first([...images.values()].flatMap(({ tags }) => tags));
      const smart = await send<schemas.AlbumView>(
        owner,
        'POST',
        '/albums',
        { kind: 'smart', name: 'By search', query: { tag } },
        201,
      );
      expect((await listed(owner, `/albums/${smart.album_id}/images`)).sort()).toEqual(
        idsOf([...images.values()].filter(({ tags }) => tags.includes(tag))).sort(),
      );
      await seen(person);
    });
    expect(events).toBeGreaterThan(0);
  });

  test('people: one is named, two are one and two again, one is split', async () => {
    await both(async (owner) => {
      const { person } = owner;
      const [one, other] = await peopleOf(owner);
      if (!one || !other) throw new Error('Expected two people at least');
      await send(owner, 'PATCH', `/people/${other.person_id}`, { name: 'Grace' });
      const before = await seen(person);
      const imagesOf = (id: string) => listed(owner, `/people/${id}/images`);
      const theirs = [await imagesOf(one.person_id), await imagesOf(other.person_id)];

      await finished(person, 'POST', '/people/merge', { into: one.person_id, from: [other.person_id] });
      await settled();
      expect((await person.call('GET', `/people/${other.person_id}`)).status).toBe(404);
      expect((await imagesOf(one.person_id)).sort()).toEqual([...new Set(theirs.flat())].sort());
      expect(await person.get(`/people/${one.person_id}`)).toMatchObject({ name: 'Grace' });
      await seen(person);

      await finished(person, 'POST', '/people/undo');
      await settled();
      expect(await seen(person)).toEqual(before);
      expect(await person.get(`/people/${other.person_id}`)).toMatchObject({ name: 'Grace' });

      const away = first(theirs[0] ?? []);
      const body = { image_ids: [away], to: { name: 'Ada’s aunt' } };
      await finished(person, 'POST', `/people/${one.person_id}/split`, body);
      await settled();
      expect((await person.image(away)).people.map(({ name }) => name)).toContain('Ada’s aunt');
      expect(await imagesOf(one.person_id)).toEqual(theirs[0]?.filter((id) => id !== away));
      // From here on everybody has a name, which must outlast whatever happens to their photos.
      for (const { person_id, name } of await peopleOf(owner))
        if (name === null) await send(owner, 'PATCH', `/people/${person_id}`, { name: person_id.slice(0, 8) });
      await seen(person);
    });
  });

  test('clusters: made anew, one renamed, two are one and two again, a photo is moved and moved back', async () => {
    await both(async (owner) => {
      const { person } = owner;
      await finished(person, 'POST', '/images/cluster', { k: 4 });
      await settled();
      const [one, other] = await clustersOf(owner);
      if (!one || !other) throw new Error('Expected two clusters at least');
      await send(owner, 'PATCH', `/images/clusters/${one.cluster_id}`, { name: 'What I like' });
      const before = await seen(person);

      await finished(person, 'POST', '/images/clusters/merge', { into: one.cluster_id, from: [other.cluster_id] });
      await settled();
      expect((await person.call('GET', `/images/clusters/${other.cluster_id}`)).status).toBe(404);
      const merged = await person.get<Cluster>(`/images/clusters/${one.cluster_id}`);
      expect(merged).toMatchObject({ name: 'What I like', count: one.count + other.count });
      await finished(person, 'POST', '/images/clusters/undo');
      await settled();
      expect(await seen(person)).toEqual(before);

      const [moved = ''] = idsOf(await person.all<Image>(`/images/clusters/${other.cluster_id}`, 'limit=1', 'images'));
      await finished(person, 'POST', '/images/clusters/move', { image_ids: [moved], to: one.cluster_id });
      await settled();
      expect((await person.image(moved)).cluster).toMatchObject({ cluster_id: one.cluster_id, name: 'What I like' });
      await seen(person);
      await finished(person, 'POST', '/images/clusters/undo');
      await settled();
      expect(await seen(person)).toEqual(before);
    });
  });

  test('the trash: what lies there is nowhere else, and comes back to where it was', async () => {
    await both(async (owner) => {
      const { person, random } = owner;
      const before = await seen(person);
      const grace = (await peopleOf(owner)).find(({ name }) => name === 'Grace')?.person_id ?? '';
      const hers = await listed(owner, `/people/${grace}/images`);
      const others = shuffled([...before.keys()], random).filter((id) => !hers.includes(id));
      const gone = sparing(before, [...hers, ...others]).slice(0, hers.length + 4);
      const [single = '', bySending = '', ...several] = gone;
      expect((await person.call('DELETE', `/images/${single}`)).status).toBe(204);
      expect((await person.call('DELETE', `/images/${bySending}`)).status).toBe(204);
      await batch(owner, { action: 'delete', ids: several });
      await settled();
      expect((await listed(owner, '/trash')).sort()).toEqual([...gone].sort());
      expect(await seen(person)).toEqual(without(before, gone));
      expect(await person.get('/stats')).toMatchObject({ trash: { images: gone.length } });

      expect((await person.call('POST', `/images/${single}/restore`)).status).toBe(200);
      await batch(owner, { action: 'restore', ids: several });
      const again = await person.upload(fileOf(owner, bySending));
      owner.uploads += 1;
      const [copy] = await person.ended([again]);
      expect(copy).toMatchObject({ status: 'duplicate', duplicate_of: bySending });
      await person.ended(gone);
      await settled();
      expect(await listed(owner, '/trash')).toEqual([]);
      expect(await seen(person)).toEqual(before);
    });
  });

  test('a link: with its password the album and nothing else, until it is taken back', async () => {
    await both(async (owner) => {
      const { person, overheard, images, album, inAlbum, email } = owner;
      const terms = { password: PASSWORD, download: true };
      const { token, link_id } = await send<NewLink>(owner, 'POST', `/albums/${album}/links`, terms, 201);
      const told = overhear();
      const visitor = createVisitor(stack.url, token, (answer) => {
        told.hear(answer);
        overheard.hear(answer);
      });
      const { visit } = visitor;
      expect((await visit('')).json()).toMatchObject({ locked: true, album: null });
      expect((await visit('/images')).status).toBe(401);
      expect(await visitor.enter('Seemowe')).toBe(401);
      expect(await visitor.enter(PASSWORD)).toBe(200);
      const shown = await visitor.images();
      expect(idsOf(shown)).toEqual(inAlbum);
      for (const { gps, place } of shown) expect([gps, place]).toEqual([null, null]);
      const located = [...images.values()].filter(({ metadata }) => metadata?.gps);
      const cities = located.flatMap(({ place }) => place?.city ?? []);
      const pictures = [first(shown), ...shown.filter(({ image_id }) => idsOf(located).includes(image_id)).slice(0, 2)];
      for (const { thumbnails, original } of pictures) {
        expect((await fetch(thumbnails?.medium ?? '')).headers.get('content-type')).toBe('image/webp');
        const answer = await fetch(original?.url ?? '');
        const bytes = Buffer.from(await answer.bytes());
        expect([answer.status, Object.keys(load(bytes)).filter((tag) => tag.startsWith('GPS'))]).toEqual([200, []]);
      }
      for (const secret of [email, ...cities]) expect(told.occurring([secret])).toEqual([]);

      const other = first([...images.values()].filter(({ image_id }) => !inAlbum.includes(image_id))).image_id;
      for (const id of [other, album]) expect((await visit(`/images/${id}`)).status).toBe(404);
      const shownId = first(shown).image_id;
      for (const [method, where, body] of [
        ['DELETE', `/images/${shownId}`],
        ['PATCH', `/images/${shownId}`, { title: 'Mine' }],
        ['PUT', '/images', { ids: [other] }],
      ] as const)
        expect((await visit(where, method, body)).status, `${method} ${where}`).toBeGreaterThanOrEqual(401);
      for (const where of ['/images', `/images/${shownId}`, '/albums', `/albums/${album}`])
        expect((await visitor.elsewhere(where)).status).toBe(401);

      expect((await person.call('DELETE', `/albums/${album}/links/${link_id}`)).status).toBe(204);
      for (const where of ['', '/images', `/images/${shownId}`]) expect((await visit(where)).status).toBe(404);
      expect((await fetch(first(shown).thumbnails?.medium ?? '')).status).toBe(404);
    });
  });

  test('a download of the album: the very bytes, and what is known of them', async () => {
    await both(async ({ person, overheard, album, inAlbum, images }) => {
      const { result } = await finished(person, 'POST', '/downloads', { album_id: album });
      expect(result).toMatchObject({ images: inAlbum.length, left_out: 0, problems: 0 });
      const taken = await unpack(result as schemas.DownloadResult, overheard.read);
      expect(idsOf(taken)).toEqual(inAlbum);
      const uploaded = new Map([...images].map(([digest, { image_id }]) => [image_id, digest]));
      for (const { image_id, file, sha256, known } of taken) {
        expect(sha256).toBe(uploaded.get(image_id));
        expect(known.albums).toEqual([{ album_id: album, name: 'By hand' }]);
        // Where two are called the same, one gets a number.
        const [name, ending] = [known.filename.slice(0, -4), known.filename.slice(-4)];
        expect([file.startsWith(name), file.endsWith(ending)]).toEqual([true, true]);
      }
    });
  });

  test('erasing: at once, together, and with all of the trash; the bytes may come again', async () => {
    await both(async (owner) => {
      const { person, random } = owner;
      const before = await seen(person);
      const [single = '', ...rest] = shuffled([...before.keys()], random).slice(0, 6);
      const [together, trashed] = [rest.slice(0, 2), rest.slice(2)];
      const gone = [single, ...rest];
      expect((await person.call('DELETE', `/images/${single}?permanent=true`)).status).toBe(204);
      await batch(owner, { action: 'delete', ids: together, permanent: true });
      await batch(owner, { action: 'delete', ids: trashed });
      await settled();
      const job = await finished(person, 'DELETE', '/trash');
      expect(job.result).toEqual({ images: trashed.length });
      await settled();
      for (const id of gone) expect((await person.call('GET', `/images/${id}`)).status).toBe(404);
      expect(await listed(owner, '/trash')).toEqual([]);
      expect(await seen(person)).toEqual(without(before, gone));
      owner.uploads -= gone.length;

      const photo = fileOf(owner, single);
      const [anew] = await person.ended([await person.upload(photo)]);
      owner.uploads += 1;
      expect(anew).toMatchObject({ status: 'done', degraded: false, sha256: photo.sha256 });
      expect(gone).not.toContain(anew?.image_id);
    });
    await both(async (owner) => {
      const { person, uploads } = owner;
      const now = await seen(person);
      const all = await person.images();
      expect(all).toHaveLength(uploads);
      const bytes = all.filter(({ image_id }) => now.has(image_id)).reduce((sum, image) => sum + image.bytes, 0);
      expect(await person.get('/dashboard/stats')).toMatchObject({ images: uploads, bytes });
    });
  });

  test('a recount of table, bucket and vectors finds no difference and no orphan', async () => {
    expect(stack.killsOwed()).toBe(0);
    expect(await recount(stack)).toEqual([]);
  });

  test('nothing of one was ever in an answer to the other', async () => {
    const { items } = await readStored(stack);
    for (const [mine, theirs] of [owners, owners.toReversed()] as [Owner, Owner][]) {
      const stored = JSON.stringify(items.filter(({ user_id }) => user_id === theirs.userId));
      const ids = theirs.overheard.ids();
      for (const kind of ['IMAGE', 'CLUSTER', 'ALBUM', 'PERSON', 'JOB'])
        expect(stored, kind).toMatch(new RegExp(`"${kind}#[0-9a-f-]{36}"`));
      for (const [, id = ''] of stored.matchAll(/#([0-9a-f-]{36})"/g)) ids.add(id);
      expect(ids.size).toBeGreaterThan(theirs.hand.length);
      expect(mine.overheard.count()).toBeGreaterThan(100);
      // The album of a month or a place is called by what it shows, whoever has it: not by anything of anybody's.
      for (const [id, rule] of theirs.rules) if (mine.rules.get(id) === rule) ids.delete(id);
      const occurring = mine.overheard.occurring([theirs.userId, theirs.email], ids);
      // Files have ids of their own, and both may have the same file.
      expect(occurring.filter((id) => !mine.hand.some(({ bytes }) => bytes.includes(id)))).toEqual([]);
    }
  });
});
