import type { SearchPage } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Ask } from './ask.ts';
import type { RankedHit } from './ranked.ts';

type Reason = SearchPage['items'][number]['matched'][number];

/** Why a photo is among the results: what found it first, then what it had to be. */
export function reasons(ask: Ask, record: ImageRecord, hit?: RankedHit): Reason[] {
  const { filters } = ask;
  const { words = [], meaning, share } = hit ?? {};
  return [
    ...words.map(({ word, in: fields }): Reason => ({ by: 'word', value: word, in: [...fields] })),
    ...(meaning ? [{ by: 'meaning' as const, value: ask.q ?? '', score: meaning.percent / 100 }] : []),
    ...(ask.color && share !== undefined
      ? [{ by: 'color' as const, value: ask.color.text, score: Math.round(share * 1_000) / 1_000 }]
      : []),
    ...filters.tags.map((value): Reason => ({ by: 'tag', value })),
    ...filters.places.map((value): Reason => ({ by: 'place', value })),
    ...reason('camera', filters.camera),
    ...reason('date', filters.from !== undefined || filters.to !== undefined ? record.taken_at : undefined),
    ...reason('cluster', filters.cluster),
    ...reason('person', filters.person),
    ...reason('favorite', filters.favorite?.toString()),
    ...reason('status', ask.statusAsked ? filters.status : undefined),
  ];
}

const reason = (by: Reason['by'], value: string | undefined): Reason[] => (value === undefined ? [] : [{ by, value }]);
