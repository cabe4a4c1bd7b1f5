import type { ImageRecord } from '../../../shared/domain/image.ts';
import { plain } from './finding.ts';

const STAGES = ['ingest', 'describe', 'faces', 'organize'] as const;

/** Some of a photo's lists as a person would make them; only for names that have one spelling. */
export function checkByHand(record: ImageRecord, own: ReadonlySet<string>): string[] {
  const { image_id, trashed_at, taken_at, taken_at_source, archived, place } = record;
  const done = record.status === 'done' && trashed_at === undefined;
  const degraded = done && STAGES.some((name) => !['done', 'skipped'].includes(record.stages[name].state));
  const viewed = done && !archived;
  const [country, city] = [plain(place?.country), plain(place?.city)];
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
    ...(country ? [[`PLACED#${country}#${taken_at ?? ''}`, viewed] as [string, boolean]] : []),
    ...(city ? [[`PLACED#${country}/${city}#${taken_at ?? ''}`, viewed] as [string, boolean]] : []),
    ...(taken_at === undefined
      ? []
      : [[`TAKEN#${taken_at}`, viewed && taken_at_source !== 'upload'] as [string, boolean]]),
    ...Object.entries(record.albums ?? {}).flatMap(([album, position]) => {
      const [rank, added = rank] = position.split('@');
      return [`taken#${taken_at ?? ''}`, `added#${added}`, `manual#${rank}`].map((key): [string, boolean] => [
        `IN_ALBUM#${album}#${key}`,
        done,
      ]);
    }),
  ];
  const albums = [...own].filter((list) => list.startsWith('IN_ALBUM#')).length;
  const says = should
    .filter(([list, there]) => own.has(list) !== there)
    .map(([list, there]) => `image ${image_id} should ${there ? '' : 'not '}be in ${list}`);
  return albums === (done ? 3 * Object.keys(record.albums ?? {}).length : 0)
    ? says
    : [...says, `image ${image_id} is in ${albums} lists of albums`];
}
