import { type Corpus, rankWords, type WordHit } from '../../../shared/domain/search/bm25.ts';
import { bestFirst, fuse, type Ranked } from '../../../shared/domain/search/fuse.ts';
import { BEFORE_ALL } from '../../../shared/domain/search/join.ts';
import { freezeRanks } from '../../../shared/domain/search/ranks.ts';
import type { Deps } from '../deps.ts';
import type { Ask } from './ask.ts';
import { readColor, readMeaning, readWords, type WordList } from './evidence.ts';
import type { Frozen, MeaningHit, RankedPosition } from './frozen.ts';
import { fewCandidates } from './lists.ts';

/** What was found of one photo. */
export interface RankedHit extends Ranked {
  taken_at?: string | undefined;
  words?: WordHit['words'] | undefined;
  meaning?: MeaningHit | undefined;
  share?: number | undefined;
}

export type RankedDeps = Pick<
  Deps,
  'postings' | 'summaries' | 'embeddings' | 'vectors' | 'embedQuery' | 'clock' | 'logger'
>;

/**
 * All that words, meaning and colour find, best first, from `position` on. What depends on other photos than the hit itself (ranks,
 * how rare a word is, what is near in meaning) is found out by the first page and kept in `frozen`, so that hits keep their order
 * whatever is added or taken away between pages. Records are not read here: filters are only used where they name few photos.
 */
export async function rank(
  userId: string,
  ask: Ask,
  position: RankedPosition | undefined,
  deps: RankedDeps,
): Promise<{ hits: RankedHit[]; frozen: Frozen }> {
  const asOf = position?.frozen.asOf ?? deps.clock().getTime();
  const before = idsUntil(asOf);
  const [few, direction, lists, colored] = await Promise.all([
    fewCandidates(userId, ask.filters, before, deps.postings),
    ask.q === undefined || position ? null : deps.embedQuery(ask.q),
    readWords(userId, ask.words, before, deps),
    ask.color ? readColor(userId, ask.color.oklab, before, deps) : undefined,
  ]);
  const allowed = (imageId: string) => few?.has(imageId) ?? true;
  const colors = colored && new Map([...colored].filter(([imageId]) => allowed(imageId)));
  const colorScores = new Map([...(colors ?? [])].map(([imageId, { score }]) => [imageId, score]));
  const corpus = position?.frozen.corpus ?? (await corpusOf(userId, lists, deps));
  const words = new Map([...rankWords(lists, corpus)].filter(([imageId]) => allowed(imageId)));
  const meaning = position
    ? position.frozen.meaning
    : direction && (await meaningOf(userId, direction, { few, before }, deps));
  const scores = new Map([...words].map(([imageId, { score }]) => [imageId, score]));
  const frozen: Frozen = position?.frozen ?? {
    asOf,
    meaning,
    corpus,
    wordRanks: freezeRanks([...scores.values()]),
    colorRanks: freezeRanks([...colorScores.values()]),
  };

  const ranked = fuse({
    ...(ask.q !== undefined && { words: { scores, ranks: frozen.wordRanks }, meaning: meaning ?? [] }),
    ...(colors && { color: { scores: colorScores, ranks: frozen.colorRanks } }),
  });
  const near = new Map(meaning?.map((hit) => [hit.image_id, hit]));
  const hits = ranked
    .filter((hit) => !position || bestFirst(position.after, hit) < 0)
    .map((hit) => ({
      ...hit,
      taken_at: words.get(hit.image_id)?.taken_at,
      words: words.get(hit.image_id)?.words,
      meaning: near.get(hit.image_id),
      share: colors?.get(hit.image_id)?.share,
    }));
  return { hits, frozen };
}

/** Lexical search goes on where the vector index does not answer. */
async function meaningOf(
  userId: string,
  direction: Float32Array,
  bounds: Parameters<typeof readMeaning>[2],
  deps: RankedDeps,
): Promise<MeaningHit[] | null> {
  try {
    return await readMeaning(userId, direction, bounds, deps);
  } catch (error) {
    deps.logger.warn('The vector index did not answer; only words are looked for.', error as Error);
    return null;
  }
}

/** What words are weighed against: in single precision and whole numbers, as a cursor keeps it. */
async function corpusOf(userId: string, lists: readonly WordList[], { summaries }: RankedDeps): Promise<Corpus> {
  const summary = lists.length > 0 ? await summaries.get(userId) : null;
  const { documents = 0, words = 0 } = summary ?? {};
  return {
    documents,
    averageLength: Math.fround(documents > 0 ? words / documents : 0),
    frequencies: lists.map(({ entries }) => entries.length),
  };
}

/** Greater than the id of every photo made until then: the first 48 bits of a UUIDv7 are milliseconds. */
function idsUntil(milliseconds: number): string {
  const digits = milliseconds.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}${BEFORE_ALL}`;
}
