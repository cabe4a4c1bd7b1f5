import { eventIdOf } from '../../shared/adapters/auto-albums.ts';
import type { CountedSuggestion, Journal } from '../../shared/adapters/image-index.ts';
import { type EventInterval, eventsOf } from '../../shared/domain/albums/events.ts';
import { addMember, type ClusterStats, emptyStats, storeStats } from '../../shared/domain/clustering/stats.ts';
import { vectorOf } from '../../shared/domain/people/counted.ts';
import { changeSummary, emptySummary, type Summary } from '../../shared/domain/summary.ts';
import { changeSums, type Sums, tallyOf } from '../../shared/domain/tallies.ts';
import type { OrganizeDeps } from './deps.ts';
import { createRebuildAlbums } from './rebuild-albums.ts';

/** Events read at once, and counters written at once. */
const AT_ONCE = 500;

interface Counted {
  summary: Summary;
  suggestions: Map<string, CountedSuggestion>;
  tallies: Map<string, Sums>;
  people: Map<string, ClusterStats>;
}

/**
 * Counts everything anew from the entries of photos: nobody else changes them while this runs, as a user's events come one batch at a
 * time. All of it is absolute values.
 */
export function createRebuildCounters(deps: OrganizeDeps) {
  const { index, events, albums, people, clock } = deps;
  const rebuildAlbums = createRebuildAlbums(deps);

  return async function rebuildCounters(userId: string, eventId: string): Promise<void> {
    const [counted, stored, centroids, before, known] = await Promise.all([
      count(userId),
      index.counted(userId),
      people.centroids(userId),
      index.summary(userId),
      allEvents(userId),
    ]);
    for (const bytes of stored.spares.values()) add(counted.tallies, tallyOf.spare, { count: 1, bytes });
    const wanted = await eventsOf(events.allPhotos(userId), await knownEvents(userId, known), (start) =>
      eventIdOf(start, eventId),
    );
    const summary = {
      ...counted.summary,
      version: (before?.version ?? 0) + 1,
      updated_at: clock().toISOString(),
    };
    const journal: Journal = {
      summary,
      suggestions: differing(counted.suggestions, stored.suggestions, (key) => ({
        key,
        text: '',
        kind: 'tag',
        count: 0,
      })),
      tallies: differing(
        new Map([...counted.tallies].map(([key, sums]) => [key, { key, sums }])),
        new Map([...stored.tallies].map(([key, sums]) => [key, { key, sums }])),
        (key) => ({ key, sums: {} }),
      ),
      spares: [],
      activities: [],
      timeline: { puts: [], deletes: [] },
      events: changesOf(known, wanted),
      people: [
        ...counted.people.values(),
        ...[...centroids.values()].filter(({ cluster_id }) => !counted.people.has(cluster_id)).map(emptied),
      ].map(storeStats),
      entries: [],
    };
    // A gallery without photos has no counters, unless it had.
    if (before || summary.images + summary.trash.images > 0) await index.commit(userId, journal);
    await rebuildAlbums(userId, counted.tallies, wanted);
  };

  async function count(userId: string): Promise<Counted> {
    const counted: Counted = { summary: emptySummary(), suggestions: new Map(), tallies: new Map(), people: new Map() };
    for await (const { contribution, suggestions, tallies, faces = [] } of index.allEntries(userId)) {
      if (contribution) counted.summary = changeSummary(counted.summary, contribution, 1);
      for (const suggestion of suggestions) {
        const { key } = suggestion;
        counted.suggestions.set(key, { ...suggestion, count: (counted.suggestions.get(key)?.count ?? 0) + 1 });
      }
      for (const { key, add: by } of tallies) add(counted.tallies, key, by);
      for (const face of faces) {
        const vector = vectorOf(face);
        const person = counted.people.get(face.person_id) ?? emptyStats(face.person_id, vector.length);
        counted.people.set(face.person_id, addMember(person, vector));
      }
    }
    return counted;
  }

  /** Events as they are stored; an album still knows of one that is not. */
  async function knownEvents(userId: string, stored: readonly EventInterval[]): Promise<EventInterval[]> {
    const ids = new Set(stored.map(({ album_id }) => album_id));
    const known = [...stored];
    for await (const { album_id, rule, count = 0 } of albums.allAutomatic(userId))
      if (rule?.by === 'event' && !ids.has(album_id)) known.push({ start: rule.start, end: rule.end, count, album_id });
    return known.sort((one, other) => (one.start < other.start ? -1 : 1));
  }

  async function allEvents(userId: string): Promise<EventInterval[]> {
    const all: EventInterval[] = [];
    let more = true;
    while (more) {
      const page = await events.page(userId, { after: all.at(-1)?.start, limit: AT_ONCE });
      all.push(...page.items);
      more = page.more && page.items.length > 0;
    }
    return all;
  }
}

function add(tallies: Map<string, Sums>, key: string, by: Sums): void {
  tallies.set(key, changeSums(tallies.get(key) ?? {}, by, 1));
}

const emptied = ({ cluster_id, sum }: ClusterStats) => emptyStats(cluster_id, sum.length);

/** Values to be written: all those that are wanted, and `none` of those that are stored and not. */
function differing<T>(
  wanted: ReadonlyMap<string, T>,
  stored: ReadonlyMap<string, unknown>,
  none: (key: string) => T,
): T[] {
  return [...wanted.values(), ...[...stored.keys()].filter((key) => !wanted.has(key)).map(none)];
}

function changesOf(known: readonly EventInterval[], wanted: readonly EventInterval[]): Journal['events'] {
  const words = ({ start, end, count, album_id }: EventInterval) => `${start} ${end} ${count} ${album_id}`;
  const [before, after] = [new Set(known.map(words)), new Set(wanted.map(words))];
  return {
    puts: wanted.filter((event) => !before.has(words(event))),
    deletes: known.filter((event) => !after.has(words(event))),
  };
}
