/** How soon further occurrences stop to count, and how much a long document is held against it (Robertson & Zaragoza 2009). */
const K1 = 1.2;
const B = 0.75;

/** More than any sum of word scores: who has more of the words comes first. */
const ANOTHER_WORD = 256;

export interface TermEntry {
  image_id: string;
  tf?: number | undefined;
  in?: readonly string[] | undefined;
  len?: number | undefined;
  taken_at?: string | undefined;
}

/** What words are weighed against. Kept as it was when a search began, so that scores stay as they are from page to page. */
export interface Corpus {
  /** Documents in the gallery. */
  documents: number;
  /** Of a document, in weighted words. */
  averageLength: number;
  /** Of each word: how many documents have it. */
  frequencies: readonly number[];
}

export interface WordHit {
  /** In single precision. */
  score: number;
  words: { word: string; in: readonly string[] }[];
  taken_at?: string | undefined;
}

/**
 * Scores every document that has one of the words: BM25 over occurrences weighted by field, but one with more of the words always
 * above one with fewer. `lists` are the words' postings, in the order of `corpus.frequencies`.
 */
export function rankWords(
  lists: readonly { word: string; entries: readonly TermEntry[] }[],
  corpus: Corpus,
): Map<string, WordHit> {
  const hits = new Map<string, WordHit>();
  lists.forEach(({ word, entries }, index) => {
    const frequency = corpus.frequencies[index] ?? entries.length;
    const documents = Math.max(corpus.documents, frequency);
    const rarity = Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
    for (const { image_id, tf = 1, len = 1, in: fields = [], taken_at } of entries) {
      const length = 1 - B + B * (len / Math.max(corpus.averageLength, 1));
      const gain = rarity * ((tf * (K1 + 1)) / (tf + K1 * length));
      const before = hits.get(image_id);
      const score = before ? before.score + ANOTHER_WORD + gain : gain;
      hits.set(image_id, { score, words: [...(before?.words ?? []), { word, in: fields }], taken_at });
    }
  });
  for (const hit of hits.values()) hit.score = Math.fround(hit.score);
  return hits;
}
