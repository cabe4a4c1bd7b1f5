import type { IndexEntry, Journal } from '../../shared/adapters/image-index.ts';
import { storeStats } from '../../shared/domain/clustering/stats.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { centroidsAfter, peopleConcerned } from '../../shared/domain/people/counted.ts';
import { facesByPerson } from '../../shared/domain/people/faces.ts';
import { changeSummary, emptySummary, type Summary } from '../../shared/domain/summary.ts';
import { changeSums, type Sums } from '../../shared/domain/tallies.ts';
import type { OrganizeDeps } from './deps.ts';
import { changeOf, type IndexChange } from './index-change.ts';
import { createPairPhotos } from './pair-photos.ts';

/** An item ends at 400 KB. Ten photos come to about 50; only hostile metadata makes more of them. */
const LARGEST_JOURNAL = 300_000;

/** A photo and what is to be derived from it: its record as it is or is about to be, `null` where nothing of it is to stay. */
export interface PhotoToIndex {
  image_id: string;
  record: ImageRecord | null;
}

/**
 * Brings postings, suggestions, counters and near-duplicates in line with records. Writes only what has changed. Postings and pairs
 * can be written twice; counts cannot, so their new values stand in a journal before any is written: a pass that died is
 * completed from it, and what it may have left of a photo's postings is written anew when the photo's event comes back.
 */
export function createIndexPhotos(deps: Pick<OrganizeDeps, 'images' | 'index' | 'near' | 'faces' | 'clock'>) {
  const { index, faces, clock } = deps;
  const pairPhoto = createPairPhotos(deps);

  return async function indexPhotos(userId: string, photos: readonly PhotoToIndex[]): Promise<void> {
    if (photos.length === 0) return;
    await index.recover(userId);
    const entries = await index.entries(
      userId,
      photos.map(({ image_id }) => image_id),
    );
    const peopled = photos.filter(({ record }) => record && facesByPerson(record.faces ?? []).size > 0);
    const detected = await faces.getMany(
      userId,
      peopled.map(({ image_id }) => image_id),
    );
    const changes = photos.flatMap(
      ({ image_id, record }) => changeOf(image_id, record, entries.get(image_id), detected.get(image_id)?.faces) ?? [],
    );
    if (changes.length > 0) await pass(userId, changes);
  };

  async function pass(userId: string, changes: readonly IndexChange[]): Promise<void> {
    const journal = await journalOf(userId, changes);
    if (changes.length > 1 && Buffer.byteLength(JSON.stringify(journal)) > LARGEST_JOURNAL) {
      const half = Math.ceil(changes.length / 2);
      await pass(userId, changes.slice(0, half));
      return pass(userId, changes.slice(half));
    }
    await index.open(userId, journal);
    await index.writePostings(
      userId,
      changes.flatMap(({ puts }) => puts),
      changes.flatMap(({ deletes }) => deletes),
    );
    for (const { before, after, record } of changes) {
      // By now the postings of all of them are there, so that photos of one batch find each other.
      if (before.looks !== after.looks)
        await pairPhoto(userId, after.image_id, after.looks === null ? null : record, before.looks !== null);
    }
    const gone = new Set(changes.flatMap(({ after, record }) => (record ? [] : [after.image_id])));
    await index.commit(userId, { ...journal, entries: changes.map(({ after }) => after) }, gone);
  }

  async function journalOf(userId: string, changes: readonly IndexChange[]): Promise<Journal> {
    const stored = await index.summary(userId);
    let summary: Summary = stored ?? emptySummary();
    for (const { before, after } of changes) {
      if (before.contribution) summary = changeSummary(summary, before.contribution, -1);
      if (after.contribution) summary = changeSummary(summary, after.contribution, 1);
    }
    return {
      summary: { ...summary, version: (stored?.version ?? 0) + 1, updated_at: clock().toISOString() },
      suggestions: await suggestionsAfter(userId, changes),
      tallies: await talliesAfter(userId, changes),
      people: await peopleAfter(userId, changes),
      entries: changes.map(doubtful),
    };
  }

  async function peopleAfter(userId: string, changes: readonly IndexChange[]): Promise<Journal['people']> {
    const faces = changes.map(({ before, after }) => ({ before: before.faces ?? [], after: after.faces ?? [] }));
    const concerned = faces.flatMap(({ before, after }) => peopleConcerned(before, after));
    return centroidsAfter(faces, await index.centroids(userId, concerned)).map(storeStats);
  }

  async function talliesAfter(userId: string, changes: readonly IndexChange[]): Promise<Journal['tallies']> {
    const net = new Map<string, Sums>();
    const count = ({ tallies }: IndexEntry, sign: 1 | -1) => {
      for (const { key, add } of tallies) net.set(key, changeSums(net.get(key) ?? {}, add, sign));
    };
    for (const { before, after } of changes) {
      count(before, -1);
      count(after, 1);
    }
    const differing = [...net].filter(([, by]) => Object.keys(by).length > 0);
    const stored = await index.tallied(
      userId,
      differing.map(([key]) => key),
    );
    return differing.map(([key, by]) => ({ key, sums: changeSums(stored.get(key) ?? {}, by, 1) }));
  }

  async function suggestionsAfter(userId: string, changes: readonly IndexChange[]): Promise<Journal['suggestions']> {
    const changed = new Map<string, Journal['suggestions'][number]>();
    const count = ({ suggestions }: IndexEntry, by: 1 | -1) => {
      for (const suggestion of suggestions) {
        const known = changed.get(suggestion.key) ?? { ...suggestion, count: 0 };
        changed.set(suggestion.key, { ...known, count: known.count + by });
      }
    };
    for (const { before, after } of changes) {
      count(before, -1);
      count(after, 1);
    }
    const differing = [...changed.values()].filter(({ count }) => count !== 0);
    const stored = await index.suggested(
      userId,
      differing.map(({ key }) => key),
    );
    return differing.map((suggestion) => ({
      ...suggestion,
      count: (stored.get(suggestion.key) ?? 0) + suggestion.count,
    }));
  }
}

/** What is to be believed of a photo when a pass dies: it counts as it will, and whatever was to be written may or may not be there. */
function doubtful({ before, after, puts, deletes }: IndexChange): IndexEntry {
  const unsure = [...puts, ...deletes].map(({ list }) => [list, '']);
  return {
    ...after,
    lists: { ...after.lists, ...Object.fromEntries(unsure) },
    looks: before.looks === after.looks ? after.looks : '',
  };
}
