import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventName } from '../../../shared/domain/albums/event-name.ts';
import {
  addToEvents,
  type EventInterval,
  removeFromEvents,
  type Timeline,
  type TimelinePhoto,
  together,
} from '../../../shared/domain/albums/events.ts';

/** All of it in memory, read as the table would be. */
function createMemory() {
  const photos = new Map<string, TimelinePhoto>();
  const events = new Map<string, EventInterval>();
  let ids = 0;
  const sorted = () => [...photos.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  const timeline: Timeline = {
    before: async (key) => sorted().findLast((photo) => photo.key < key) ?? null,
    after: async (key) => sorted().find((photo) => photo.key > key) ?? null,
    eventAt: async (key) => [...events.values()].find(({ start, end }) => start <= key && key <= end) ?? null,
    countBefore: async ({ start }, key) => sorted().filter((photo) => photo.key >= start && photo.key < key).length,
    addPhoto: (photo) => photos.set(photo.key, photo),
    removePhoto: (key) => photos.delete(key),
    putEvent: (event) => events.set(event.start, event),
    removeEvent: ({ start }) => events.delete(start),
    newId: () => String(++ids),
  };
  const runs = () => [...events.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  return { timeline, sorted, runs };
}

/** Runs as one finds them who looks at all photos at once. */
function runsOf(photos: readonly TimelinePhoto[]) {
  const runs: TimelinePhoto[][] = [];
  for (const photo of photos) {
    const last = runs.at(-1)?.at(-1);
    if (last && together(last, photo)) runs.at(-1)?.push(photo);
    else runs.push([photo]);
  }
  return runs.map((run) => ({ start: run[0]?.key, end: run.at(-1)?.key, count: run.length }));
}

const at = (hours: number) => new Date(Date.UTC(2024, 4, 1) + hours * 3_600_000).toISOString().slice(0, 19);
const photo = (hours: number, place?: { lat: number; lon: number }, id = 'x'): TimelinePhoto => ({
  key: `${at(hours)}#${id}`,
  ...place,
});
const LISBON = { lat: 38.72, lon: -9.14 };
const PORTO = { lat: 41.15, lon: -8.61 };
const SINTRA = { lat: 38.8, lon: -9.38 };

describe('two photos', () => {
  test.each<[string, TimelinePhoto, TimelinePhoto, boolean]>([
    ['a night apart', photo(0), photo(12), true],
    ['a day apart', photo(0), photo(12.1), false],
    ['an excursion apart', photo(0, LISBON), photo(2, SINTRA), true],
    ['in two cities', photo(0, LISBON), photo(2, PORTO), false],
    ['of which one does not know where it was taken', photo(0, LISBON), photo(2), true],
    ['on either side of the date line', photo(0, { lat: 0, lon: 179.9 }), photo(1, { lat: 0, lon: -179.9 }), true],
  ])('%s', (_, one, other, expected) => {
    expect(together(one, other)).toBe(expected);
    expect(together(other, one)).toBe(expected);
  });
});

const shot = fc.record({
  hours: fc.integer({ min: 0, max: 120 }),
  place: fc.constantFrom(undefined, LISBON, PORTO, SINTRA),
  id: fc.constantFrom('a', 'b'),
});

test('photos that come and go in any order leave the runs that looking at all of them finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(shot, fc.boolean()), { maxLength: 40 }), async (steps) => {
      const { timeline, sorted, runs } = createMemory();
      for (const [{ hours, place, id }, goes] of steps) {
        const { key } = photo(hours, undefined, id);
        const there = sorted().some((other) => other.key === key);
        if (there && goes) await removeFromEvents(timeline, key);
        else if (!there) await addToEvents(timeline, photo(hours, place, id));
        expect(runs().map(({ album_id, ...run }) => run)).toEqual(runsOf(sorted()));
        expect(new Set(runs().map(({ album_id }) => album_id)).size).toBe(runs().length);
      }
    }),
    { numRuns: 200 },
  );
});

describe('an event', () => {
  const add = async (timeline: Timeline, ...hours: number[]) => {
    for (const hour of hours) await addToEvents(timeline, photo(hour));
  };

  test('that grows together with a smaller one keeps its id, and keeps it when they part', async () => {
    const { timeline, runs } = createMemory();
    await add(timeline, 0, 20, 21, 22);
    const [small, large] = runs();
    await add(timeline, 10);
    expect(runs()).toMatchObject([{ count: 5, album_id: large?.album_id }]);
    await removeFromEvents(timeline, photo(10).key);
    expect(runs()).toMatchObject([{ count: 1 }, { count: 3, album_id: large?.album_id }]);
    expect(runs()[0]?.album_id).not.toBe(small?.album_id);
  });

  test('is named after its commonest place and its month, otherwise after its days', () => {
    const name = (start: number, end: number, places: string[]) =>
      eventName({ start: at(start), end: at(end), places });
    expect(name(0, 30, ['Sintra', 'Lisbon', 'Lisbon'])).toBe('Lisbon, May 2024');
    expect(name(264, 270, [])).toBe('12 May 2024');
    expect(name(0, 30, [])).toBe('1 May 2024 – 2 May 2024');
  });
});
