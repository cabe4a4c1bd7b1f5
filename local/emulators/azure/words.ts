/** Carry no meaning of their own. */
const STOP = new Set(
  `a about above after all also an and any are around as at be been behind below beside between both but by can could do does
  each few for from had has have how i in inside into is it its like look looks many may might more most much near next no not
  of off on one only or other our out over perhaps possibly seem seems several she he show shows so some such than that the their
  them there these they this those through to two three four five six seven eight nine ten under up very was we were what when
  where which while who will with within without you your`.split(/\s+/),
);

/** Say something, but about nearly every picture: colours, light, the picture itself. They count a quarter. */
const COMMON = new Set(
  `photo photograph picture image view scene shot background foreground mostly mainly part middle side left right top bottom
  upper lower center edge large small big little tall wide long thin close closeup up bright dark light soft warm cool cold
  plain colour color colorful colourful muted vivid pale deep grey gray black white red orange yellow green blue purple pink
  brown teal beige tone tones mood shade mixed area surface detail outline`.split(/\s+/),
);

/** Everyday synonyms, so that a search for "puppy" finds a dog: the second word stands for the first. */
const SAME = new Map(
  Object.entries({
    automobile: 'car',
    bike: 'bicycle',
    dish: 'food',
    doggy: 'dog',
    doggie: 'dog',
    hound: 'dog',
    kitten: 'cat',
    kitty: 'cat',
    lorry: 'truck',
    meal: 'food',
    motorbike: 'motorcycle',
    ocean: 'sea',
    pup: 'dog',
    puppy: 'dog',
    sailboat: 'boat',
    ship: 'boat',
    sofa: 'couch',
    vessel: 'boat',
    yacht: 'boat',
    people: 'person',
    human: 'person',
    men: 'man',
    women: 'woman',
    children: 'child',
    aeroplane: 'airplane',
    plane: 'airplane',
    donut: 'doughnut',
    plant: 'plant',
    vegetation: 'plant',
    telephone: 'phone',
    television: 'tv',
    birdie: 'bird',
    pony: 'horse',
    lamb: 'sheep',
  }).map(([from, to]) => [stem(from), stem(to)]),
);

const COMMON_STEMS = new Set([...COMMON].map(stem));

export interface Word {
  /** Stem, lower case, without accents, synonyms folded. */
  readonly stem: string;
  /** As written, lower case. */
  readonly written: string;
  /** 1, or a quarter for words that fit nearly any picture. */
  readonly weight: number;
}

/** The words of a text that mean something, in order. */
export function meaningfulWords(text: string): Word[] {
  const written =
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return written
    .filter((word) => !STOP.has(word))
    .map((word) => {
      const base = stem(word);
      return { stem: SAME.get(base) ?? base, written: word, weight: COMMON_STEMS.has(base) ? 0.25 : 1 };
    });
}

/** A light suffix stripper: plurals, -ing, -ed, -ly. Only equality of stems matters, not that they are words. */
function stem(word: string): string {
  if (word.length < 4) return word;
  let base = word;
  if (/[^aeiou]ies$/.test(base)) base = `${base.slice(0, -3)}y`;
  else if (/(ch|sh|x|zz|ss|oe)s?es$/.test(base)) base = base.slice(0, -2);
  else if (/[^su]s$/.test(base)) base = base.slice(0, -1);
  if (base.length > 5) base = base.replace(/(ing|ed|ly)$/, '').replace(/([bdgmnprt])\1$/, '$1');
  return base.length > 4 ? base.replace(/e$/, '') : base;
}
