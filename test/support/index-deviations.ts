import type { ImageRecord } from '../../shared/domain/image.ts';
import { looksSame } from '../../shared/domain/near-duplicates.ts';
import { phashBands } from '../../shared/domain/phash.ts';
import { postingsOf, suggestionsOf } from '../../shared/domain/search/postings.ts';
import type { Item } from './items.ts';
import { checkActivities, checkSpares, countTallies } from './tally-deviations.ts';

const LISTS = [
  'TERM',
  'TAG',
  'COLOR',
  'PHASH',
  'PLACE',
  'CAMERA',
  'STATUS',
  'FLAG',
  'MODEL',
  'TRASH',
  'IN_ALBUM',
  'PLACED',
  'TAKEN',
  'SIZE',
  'FACE',
];
const STAGES = ['ingest', 'describe', 'faces', 'organize'] as const;
const MOST_NEIGHBOURS = 50;

/**
 * Everything searching and counters read of one user, against their image records. Which words and suggestions a record has is asked
 * of the product; statuses, flags, tags and places are looked at beside that, and all counts are made here.
 */
export function checkIndex(items: readonly Item[]): string[] {
  const kinds = Map.groupBy(items, ({ sk }) => sk.split('#')[0] ?? '');
  // Nothing is derived from an upload that is awaited; that it is, is said elsewhere.
  const records = ((kinds.get('IMAGE') ?? []) as unknown as ImageRecord[]).filter(
    ({ status }) => status !== 'awaiting_upload',
  );
  const kept = records.filter(({ trashed_at }) => trashed_at === undefined);
  const postings = LISTS.flatMap((kind) => kinds.get(kind) ?? []);
  return [
    ...checkPostings(postings, records),
    ...checkByHand(postings, records),
    ...checkEntries(kinds.get('DOC') ?? [], postings, records),
    ...checkSuggestions(kinds.get('SUGGEST') ?? [], postings, kept),
    ...checkTallies(items, kept),
    ...checkSpares(items, kept).map((words) => `spare ${words}`),
    ...checkActivities(kinds.get('ACTIVITY') ?? [], records),
    ...checkSummary(kinds.get('SUMMARY')?.[0], postings, records),
    ...checkPairs(kinds.get('NEAR') ?? [], kept),
  ];
}

/** In words, what one side has and the other has not. */
function compare(what: string, expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const says = [...expected].flatMap(([key, value]) => {
    const other = found.get(key);
    if (other === undefined) return [`${what} ${key} is missing`];
    return other === value ? [] : [`${what} ${key} is ${other}, expected ${value}`];
  });
  return [...says, ...[...found.keys()].filter((key) => !expected.has(key)).map((key) => `${what} ${key} is too many`)];
}

/** JSON that does not depend on the order of fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );

const listOf = ({ sk }: Item) => sk.slice(0, sk.lastIndexOf('#'));

function checkPostings(postings: readonly Item[], records: readonly ImageRecord[]): string[] {
  const expected = records.flatMap((record) =>
    postingsOf(record).map(({ list, ...attributes }): [string, string] => [
      `${list}#${record.image_id}`,
      canonical({ ...attributes, image_id: record.image_id }),
    ]),
  );
  const found = postings.map(({ user_id, sk, ...attributes }): [string, string] => [sk, canonical(attributes)]);
  return compare('posting', new Map(expected), new Map(found));
}

/** Some lists as a person would make them. */
function checkByHand(postings: readonly Item[], records: readonly ImageRecord[]): string[] {
  const lists = Map.groupBy(postings, (posting) => String(posting.image_id));
  return records.flatMap((record) => {
    const own = new Set((lists.get(record.image_id) ?? []).map(listOf));
    const { trashed_at } = record;
    const done = record.status === 'done' && trashed_at === undefined;
    const degraded = done && STAGES.some((name) => !['done', 'skipped'].includes(record.stages[name].state));
    const plain = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
    const should: [string, boolean][] = [
      [`SIZE#${String(record.original?.bytes).padStart(12, '0')}`, done && record.original !== undefined],
      [`STATUS#${record.status}`, trashed_at === undefined],
      ...(trashed_at === undefined ? [] : [[`TRASH#${trashed_at}`, own.size === 1] as [string, boolean]]),
      ['STATUS#degraded', degraded],
      ['FLAG#favorite', done && record.favorite === true],
      // Plurals have lists of another name.
      ...(record.tags ?? [])
        .filter((tag) => !/s$|n$|e$/.test(tag))
        .map((tag): [string, boolean] => [`TAG#${plain(tag)}`, done]),
      ...[record.place?.city, record.place?.country, record.place?.country_code]
        .filter((name) => name !== undefined)
        .map((name): [string, boolean] => [`PLACE#${plain(name)}`, done]),
    ];
    return should
      .filter(([list, there]) => own.has(list) !== there)
      .map(([list, there]) => `image ${record.image_id} should ${there ? '' : 'not '}be in ${list}`);
  });
}

function checkEntries(entries: readonly Item[], postings: readonly Item[], records: readonly ImageRecord[]): string[] {
  const byImage = Map.groupBy(postings, ({ image_id }) => String(image_id));
  const sorted = (lists: readonly string[]) => lists.toSorted().join(' ');
  const expected = records.map(({ image_id }): [string, string] => [
    image_id,
    sorted((byImage.get(image_id) ?? []).map(listOf)),
  ]);
  const found = entries.map(({ image_id, lists }): [string, string] => [
    String(image_id),
    sorted(Object.keys(lists as object)),
  ]);
  return compare('entry', new Map(expected), new Map(found));
}

function checkSuggestions(
  items: readonly Item[],
  postings: readonly Item[],
  records: readonly ImageRecord[],
): string[] {
  const counts = new Map<string, number>();
  for (const record of records)
    for (const { key } of suggestionsOf(record)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const tagged = Map.groupBy(postings, listOf);
  const byHand = items.flatMap(({ sk, count }) => {
    const [, tag] = /^SUGGEST#([^|]*)#tag$/.exec(sk) ?? [];
    const photos = tag === undefined ? count : (tagged.get(`TAG#${tag}`)?.length ?? 0);
    return photos === count ? [] : [`suggestion ${sk} counts ${count}, but ${photos} photos have that tag`];
  });
  const found = items.map(({ sk, count }): [string, string] => [sk.slice('SUGGEST#'.length), String(count)]);
  return [
    ...byHand,
    ...compare('suggestion', new Map([...counts].map(([key, n]) => [key, String(n)])), new Map(found)),
  ];
}

function checkTallies(items: readonly Item[], records: readonly ImageRecord[]): string[] {
  const found = items.filter(({ sk }) => sk.startsWith('TALLY#'));
  const expected = countTallies(items, records);
  return compare(
    'tally',
    new Map([...expected].map(([key, sums]) => [key, canonical(sums)])),
    new Map(found.map(({ sk, sums }) => [sk.slice('TALLY#'.length), canonical(sums)])),
  );
}

/** The counters, counted anew. */
function checkSummary(summary: Item | undefined, postings: readonly Item[], all: readonly ImageRecord[]): string[] {
  if (!summary) return all.length > 0 ? ['counters are missing'] : [];
  const records = all.filter(({ trashed_at }) => trashed_at === undefined);
  const trashed = all.filter(({ trashed_at }) => trashed_at !== undefined);
  const sum = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((all, n) => all + (n ?? 0), 0);
  const tally = (names: readonly (string | undefined)[]) =>
    Object.fromEntries(
      [
        ...Map.groupBy(
          names.filter((name) => name !== undefined),
          (name) => name,
        ),
      ].map(([name, all]) => [name, all.length]),
    );
  const timing = (durations: readonly (number | undefined)[]) => {
    const known = durations.filter((ms) => ms !== undefined);
    return { count: known.length, sum_ms: sum(known), buckets: tally(known.map((ms) => String(bucket(ms)))) };
  };
  const length = new Map(
    postings.filter(({ sk }) => sk.startsWith('TERM#')).map(({ image_id, len }) => [image_id, Number(len)]),
  );
  const ofStage = (name: (typeof STAGES)[number]) => timing(records.map(({ stages }) => stages[name].ms));
  const expected = {
    images: records.length,
    bytes: sum(records.map(({ original }) => original?.bytes)),
    by_status: tally(records.map(({ status }) => status)),
    degraded: postings.filter(({ sk }) => sk.startsWith('STATUS#degraded#')).length,
    favorites: records.filter(({ favorite }) => favorite).length,
    archived: records.filter(({ archived }) => archived).length,
    stages: {
      ingest: ofStage('ingest'),
      describe: ofStage('describe'),
      faces: ofStage('faces'),
      organize: ofStage('organize'),
    },
    total: timing(records.map(({ processing_ms }) => processing_ms)),
    tokens: sum(records.flatMap(({ stages }) => STAGES.map((name) => stages[name].tokens))),
    cost_microusd: sum(records.flatMap(({ stages }) => STAGES.map((name) => stages[name].cost_microusd))),
    models: tally(records.map(({ described_by: by }) => by && `${by.model}/${by.prompt_version}`)),
    documents: length.size,
    words: sum([...length.values()]),
    trash: { images: trashed.length, bytes: sum(trashed.map(({ original }) => original?.bytes)) },
  };
  const text = (counters: object) => new Map(Object.entries(counters).map(([name, value]) => [name, canonical(value)]));
  const { user_id, sk, version, updated_at, ...counters } = summary;
  return compare('counter', text(expected), text(counters));
}

/** The first of the bounds 1, 2^(1/4), 2^(2/4) … ms that is not exceeded. */
function bucket(ms: number): number {
  let number = 0;
  while (2 ** (number / 4) < ms) number += 1;
  return number;
}

function checkPairs(items: readonly Item[], records: readonly ImageRecord[]): string[] {
  const done = records.filter(
    ({ status, phash, trashed_at }) => status === 'done' && phash !== undefined && trashed_at === undefined,
  );
  const expected = new Map<string, string>();
  for (const one of done) {
    for (const other of done) {
      if (one === other || !looksSame(one, other)) continue;
      const bands = new Set(phashBands(one.phash ?? ''));
      if (!phashBands(other.phash ?? '').some((band) => bands.has(band))) continue;
      expected.set(`NEAR#${one.image_id}#${other.image_id}`, String(bitsApart(one.phash ?? '', other.phash ?? '')));
    }
  }
  const found = new Map(items.map(({ sk, distance }) => [sk, String(distance)]));
  // Where a photo has more than fit, which ones are kept depends on the order in which they came.
  const full = [...Map.groupBy(expected.keys(), (sk) => sk.split('#')[1]).values()].some(
    ({ length }) => length > MOST_NEIGHBOURS,
  );
  return full ? [] : compare('pair', expected, found);
}

/** In how many bits two hashes of hex digits differ. */
function bitsApart(one: string, other: string): number {
  return [...one].reduce((sum, digit, index) => {
    const differing = Number.parseInt(digit, 16) ^ Number.parseInt(other[index] ?? '0', 16);
    return sum + differing.toString(2).replaceAll('0', '').length;
  }, 0);
}
