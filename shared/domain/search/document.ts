import type { ImageRecord } from '../image.ts';
import { stemOf, wordsOf } from './words.ts';

/** Words of a photo as a ranking sees them. */
export interface Term {
  stem: string;
  /** Occurrences, each weighted by its field. */
  tf: number;
  /** Where it occurs. */
  fields: string[];
}

/** How much an occurrence counts. What names a photo's subject counts more than what mentions it; writing in it the least. */
const WEIGHTS = {
  tags: 4,
  title: 3,
  keywords: 3,
  place: 2,
  caption: 1.5,
  name: 1,
  description: 1,
  text: 0.5,
} as const;
type Field = keyof typeof WEIGHTS;

/** A photo's distinct stems, the most telling first (then in the order they occur), and its length in weighted words (BM25F). */
export function documentOf(record: ImageRecord): { terms: Term[]; length: number } {
  const terms = new Map<string, Term>();
  let length = 0;
  for (const [field, text] of Object.entries(fieldsOf(record)) as [Field, string][]) {
    for (const word of wordsOf(text)) {
      const stem = stemOf(word);
      const term = terms.get(stem) ?? { stem, tf: 0, fields: [] };
      term.tf += WEIGHTS[field];
      if (!term.fields.includes(field)) term.fields.push(field);
      terms.set(stem, term);
      length += WEIGHTS[field];
    }
  }
  return { terms: [...terms.values()].sort((one, other) => other.tf - one.tf), length };
}

function fieldsOf(record: ImageRecord): Record<Field, string> {
  const { metadata, place } = record;
  const lines = (...texts: (string | undefined)[]) => texts.filter((text) => text !== undefined).join('\n');
  const names = new Set([record.display_name, record.filename].map(withoutExtension));
  return {
    tags: lines(...(record.tags ?? [])),
    title: lines(record.title),
    keywords: lines(...(metadata?.keywords ?? [])),
    place: lines(place?.city, place?.region, place?.country, place?.country_code),
    caption: lines(metadata?.title, metadata?.caption),
    name: lines(...names),
    description: lines(record.description),
    text: lines(record.text),
  };
}

const withoutExtension = (name: string) => name.replace(/\.[A-Za-z0-9]{1,5}$/, '');
