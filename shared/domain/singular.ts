/** Ends in s, yet is no plural (or has no other form): tags keep these as they are. */
const UNCHANGED = new Set(
  'alps bus canvas christmas cosmos gas grass glass dress chess lens moss news series species swiss tennis virus atlas iris cactus octopus hippopotamus circus campus asparagus hibiscus citrus jeans trousers scissors shorts glasses sunglasses pants binoculars headphones'.split(
    ' ',
  ),
);

const IRREGULAR = new Map(
  Object.entries({
    brownies: 'brownie',
    children: 'child',
    cookies: 'cookie',
    feet: 'foot',
    geese: 'goose',
    knives: 'knife',
    leaves: 'leaf',
    loaves: 'loaf',
    men: 'man',
    mice: 'mouse',
    movies: 'movie',
    people: 'person',
    selfies: 'selfie',
    shelves: 'shelf',
    teeth: 'tooth',
    wolves: 'wolf',
    women: 'woman',
  }),
);

/** The singular of an English noun phrase: its last word is changed (`hot dogs` → `hot dog`). Expects lower case. */
export function singular(phrase: string): string {
  const start = phrase.lastIndexOf(' ') + 1;
  return phrase.slice(0, start) + singularWord(phrase.slice(start));
}

function singularWord(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (UNCHANGED.has(word) || word.length < 4 || !word.endsWith('s')) return word;
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('es') && UNCHANGED.has(word.slice(0, -2))) return word.slice(0, -2);
  if (/[^aeiou]ies$/.test(word)) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1);
  if (/(ch|sh|ss|x|zz)es$/.test(word) || /(potato|tomato|mosquito|volcano|hero|echo)es$/.test(word)) {
    return word.slice(0, -2);
  }
  return word.slice(0, -1);
}
