import type { ImageRecord } from '../../../shared/domain/image.ts';
import { suggestionsOf } from '../../../shared/domain/search/postings.ts';
import { canonical, compare, type Finding, type Item, privately } from './finding.ts';
import { addTo, type Sums, tallyPhoto } from './tallies.ts';

const STAGES = ['ingest', 'describe', 'faces', 'organize'] as const;
type Counts = Record<string, number>;

interface Timing {
  count: number;
  sum_ms: number;
  buckets: Counts;
}

/** Counters, tallies and suggestions of one user, counted anew from the records one by one. */
export function createCountersCheck(userId: string) {
  const timing = (): Timing => ({ count: 0, sum_ms: 0, buckets: {} });
  const counters = {
    images: 0,
    bytes: 0,
    by_status: {} as Counts,
    degraded: 0,
    favorites: 0,
    archived: 0,
    stages: { ingest: timing(), describe: timing(), faces: timing(), organize: timing() },
    total: timing(),
    tokens: 0,
    cost_microusd: 0,
    models: {} as Counts,
    documents: 0,
    words: 0,
    trash: { images: 0, bytes: 0 },
  };
  const suggested = new Map<string, number>();
  const tagged = new Map<string, number>();
  const tallies = new Map<string, Sums>();
  const stored = { suggestions: new Map<string, number>(), tallies: new Map<string, string>() };
  let summary: Item | undefined;
  let records = 0;

  return {
    /** A record, the lists it is in, and the length of its document. */
    record(record: ImageRecord, lists: readonly string[], length: number): void {
      if (record.status === 'awaiting_upload') return;
      records += 1;
      countRecord(record, lists);
      if (length > 0) {
        counters.documents += 1;
        counters.words += length;
      }
      if (record.trashed_at !== undefined) return;
      for (const { key } of suggestionsOf(record)) suggested.set(key, (suggested.get(key) ?? 0) + 1);
      for (const list of lists) if (list.startsWith('TAG#')) tagged.set(list, (tagged.get(list) ?? 0) + 1);
      tallyPhoto(record, tallies);
    },

    item(kind: string, item: Item): void {
      if (kind === 'SUMMARY') summary = item;
      if (kind === 'SUGGEST') stored.suggestions.set(item.sk.slice('SUGGEST#'.length), Number(item.count));
      if (kind === 'TALLY') stored.tallies.set(item.sk.slice('TALLY#'.length), canonical(item.sums));
    },

    findings(spares: readonly { bytes: number }[]): Finding[] {
      for (const { bytes } of spares) addTo(tallies, 'SPARE', { count: 1, bytes });
      const expected = new Map([...tallies].map(([key, sums]) => [key, canonical(sums)]));
      const says = [
        ...checkSummary(),
        ...checkTags(),
        ...compare('suggestion', texts(suggested), texts(stored.suggestions)),
        ...compare('tally', expected, stored.tallies),
      ];
      return says.map((words) => privately('counters', `${userId}: ${words}`, 'counters'));
    },
  };

  function countRecord(record: ImageRecord, lists: readonly string[]): void {
    const { status, stages, original, trashed_at, favorite, archived, described_by: by, processing_ms } = record;
    const bytes = original?.bytes ?? 0;
    if (trashed_at !== undefined) {
      counters.trash.images += 1;
      counters.trash.bytes += bytes;
      return;
    }
    counters.images += 1;
    counters.bytes += bytes;
    increase(counters.by_status, status);
    if (lists.includes('STATUS#degraded')) counters.degraded += 1;
    if (favorite) counters.favorites += 1;
    if (archived) counters.archived += 1;
    for (const name of STAGES) {
      measure(counters.stages[name], stages[name].ms);
      counters.tokens += stages[name].tokens ?? 0;
      counters.cost_microusd += stages[name].cost_microusd ?? 0;
    }
    measure(counters.total, processing_ms);
    if (by) increase(counters.models, `${by.model}/${by.prompt_version}`);
  }

  /** Tags once more by hand: how many photos are in the list of each. */
  function checkTags(): string[] {
    return [...stored.suggestions].flatMap(([key, count]) => {
      const [, tag] = /^([^|]*)#tag$/.exec(key) ?? [];
      const photos = tag === undefined ? count : (tagged.get(`TAG#${tag}`) ?? 0);
      return photos === count ? [] : [`suggestion ${key} counts ${count}, but ${photos} photos have that tag`];
    });
  }

  /** The counters, counted anew. */
  function checkSummary(): string[] {
    if (!summary) return records > 0 ? ['counters are missing'] : [];
    const { user_id, sk, version, updated_at, ...found } = summary;
    const text = (all: object) => new Map(Object.entries(all).map(([name, value]) => [name, canonical(value)]));
    return compare('counter', text(counters), text(found));
  }
}

const texts = (counts: ReadonlyMap<string, number>) => new Map([...counts].map(([key, n]) => [key, String(n)]));

function increase(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function measure(timing: Timing, ms: number | undefined): void {
  if (ms === undefined) return;
  timing.count += 1;
  timing.sum_ms += ms;
  increase(timing.buckets, String(bucket(ms)));
}

/** The first of the bounds 1, 2^(1/4), 2^(2/4) … ms that is not exceeded. */
function bucket(ms: number): number {
  let number = 0;
  while (2 ** (number / 4) < ms) number += 1;
  return number;
}
