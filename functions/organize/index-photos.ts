import type { IndexEntry, Journal } from '../../shared/adapters/image-index.ts';
import { storeStats } from '../../shared/domain/clustering/stats.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { centroidsAfter, peopleConcerned } from '../../shared/domain/people/counted.ts';
import { facesByPerson } from '../../shared/domain/people/faces.ts';
import { changeSummary, emptySummary, type Summary } from '../../shared/domain/summary.ts';
import { changeSums, type Sums } from '../../shared/domain/tallies.ts';
import type { OrganizeDeps } from './deps.ts';
import { changeOf, type IndexChange } from './index-change.ts';
import { eventsAfter, isTimeline } from './keep-events.ts';
import { createPairPhotos } from './pair-photos.ts';
import { createSparePhotos } from './spare-photos.ts';

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
export function createIndexPhotos(
  deps: Pick<OrganizeDeps, 'images' | 'index' | 'near' | 'events' | 'faces' | 'clock'>,
) {
  const { index, near, events, faces, clock } = deps;
  const pairPhoto = createPairPhotos(deps);
  const sparePhotos = createSparePhotos(deps);

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
      changes.flatMap(({ puts }) => puts).filter(isElsewhere),
      changes.flatMap(({ deletes }) => deletes).filter(isElsewhere),
    );
    const paired = new Set<string>();
    for (const { before, after, record } of changes) {
      if (before.looks === after.looks) continue;
      // By now the postings of all of them are there, so that photos of one batch find each other.
      const neighbours = await pairPhoto(
        userId,
        after.image_id,
        after.looks === null ? null : record,
        before.looks !== null,
      );
      for (const id of [after.image_id, ...neighbours, ...(before.unsettled ?? [])]) paired.add(id);
    }
    const gone = new Set(changes.flatMap(({ after, record }) => (record ? [] : [after.image_id])));
    const entries = changes.map(({ after }) => after);
    const spare = await sparePhotos(userId, [...paired]);
    const last = { ...journal, entries, ...(spare && { ...spare, tallies: [...journal.tallies, ...spare.tallies] }) };
    if (spare) await index.amend(userId, last);
    await index.commit(userId, last, gone);
  }

  async function journalOf(userId: string, changes: readonly IndexChange[]): Promise<Journal> {
    const stored = await index.summary(userId);
    let summary: Summary = stored ?? emptySummary();
    for (const { before, after } of changes) {
      if (before.contribution) summary = changeSummary(summary, before.contribution, -1);
      if (after.contribution) summary = changeSummary(summary, after.contribution, 1);
    }
    const version = (stored?.version ?? 0) + 1;
    const at = clock().toISOString();
    return {
      summary: { ...summary, version, updated_at: at },
      suggestions: await suggestionsAfter(userId, changes),
      tallies: await talliesAfter(userId, changes),
      spares: [],
      activities: changes.flatMap(({ activity, after: { image_id } }) =>
        activity === null ? [] : [{ type: activity, at, image_id, by: `pass:${version}` }],
      ),
      timeline: {
        puts: changes.flatMap(({ puts }) => puts).filter(({ list }) => isTimeline(list)),
        deletes: changes.flatMap(({ deletes }) => deletes).filter(({ list }) => isTimeline(list)),
      },
      events: await eventsAfter(userId, changes, events, version),
      people: await peopleAfter(userId, changes),
      entries: await Promise.all(changes.map((change) => doubtful(userId, change))),
    };
  }

  async function peopleAfter(userId: string, changes: readonly IndexChange[]): Promise<Journal['people']> {
    const faces = changes.map(({ before, after }) => ({ before: before.faces ?? [], after: after.faces ?? [] }));
    const concerned = faces.flatMap(({ before, after }) => peopleConcerned(before, after));
    return centroidsAfter(faces, await index.centroids(userId, concerned)).map(storeStats);
  }

  /** What is to be believed of a photo when a pass dies: it counts as it will, and whatever was to be written may or may not be there. */
  async function doubtful(userId: string, { before, after, puts, deletes }: IndexChange): Promise<IndexEntry> {
    const unsure = [...puts, ...deletes].filter(isElsewhere).map(({ list }) => [list, '']);
    const entry = { ...after, lists: { ...after.lists, ...Object.fromEntries(unsure) } };
    if (before.looks === after.looks) return entry;
    const neighbours = before.looks === null ? [] : (await near.neighbours(userId, after.image_id)).keys();
    return { ...entry, looks: '', unsettled: [...new Set([...(before.unsettled ?? []), ...neighbours])] };
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

/** Written besides the journal. */
const isElsewhere = ({ list }: { list: string }): boolean => !isTimeline(list);
