import type { SearchQuery } from '../../../shared/contract/schemas.ts';
import { parseColor } from '../../../shared/domain/color-names.ts';
import type { Oklab } from '../../../shared/domain/oklab.ts';
import type { Filters } from '../../../shared/domain/search/filters.ts';
import { indexForm, stemOf, tagForm, wordsOf } from '../../../shared/domain/search/words.ts';
import { type FieldError, InvalidRequest } from '../../../shared/lambda/http/problems.ts';

/** What a search looks for, understood. */
export interface Ask {
  filters: Filters;
  /** As typed, for what is looked for by meaning. */
  q?: string | undefined;
  /** Words of it, one for each stem. */
  words: { word: string; stem: string }[];
  color?: { text: string; oklab: Oklab } | undefined;
  /** Whether a status was asked for, or `done` is only the default. */
  statusAsked: boolean;
}

/** What more words than these would cost in reading, they do not add in meaning. */
const MOST_WORDS = 12;

/** Reads a query. Throws `InvalidRequest` where a field names nothing that can be looked for. */
export function readAsk(query: SearchQuery): Ask {
  const errors: FieldError[] = [];
  const parts = (path: 'tag' | 'place' | 'camera', form: (text: string) => string, separator = ','): string[] => {
    const text = query[path];
    const forms = [...new Set((text?.split(separator) ?? []).map(form).filter((part) => part !== ''))];
    if (text !== undefined && forms.length === 0) errors.push(unreadable(path, 'a name with letters or digits', text));
    return forms;
  };
  const oklab = query.color === undefined ? undefined : parseColor(query.color);
  if (oklab === null) {
    errors.push(unreadable('color', '#rrggbb, or the name of a colour such as sky blue', query.color ?? ''));
  }
  const filters: Filters = {
    status: query.status ?? 'done',
    tags: parts('tag', tagForm),
    places: parts('place', indexForm),
    // Names of cameras may hold commas.
    camera: parts('camera', indexForm, '\n')[0],
    cluster: query.cluster,
    person: query.person,
    favorite: query.favorite,
    from: query.from,
    to: query.to,
  };
  if (errors.length > 0) throw new InvalidRequest(errors);
  return {
    filters,
    q: query.q,
    words: distinctWords(query.q ?? ''),
    color: oklab && query.color ? { text: query.color, oklab } : undefined,
    statusAsked: query.status !== undefined,
  };
}

function distinctWords(text: string): Ask['words'] {
  const byStem = new Map<string, string>();
  for (const word of wordsOf(text)) {
    const stem = stemOf(word);
    if (!byStem.has(stem)) byStem.set(stem, word);
  }
  return [...byStem].slice(0, MOST_WORDS).map(([stem, word]) => ({ word, stem }));
}

const unreadable = (path: string, expected: string, received: string): FieldError => ({
  path,
  expected,
  received: JSON.stringify(received),
});
