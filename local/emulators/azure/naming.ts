import { meaningfulWords } from './words.ts';

/**
 * A short name for a group of texts: the words that most of its members share, leading words first, avoiding names
 * that are taken. Never empty.
 */
export function nameGroup(members: readonly string[], taken: readonly string[]): string {
  const words = [...sharedTitle(members), ...sharedWords(members)].map(capital);
  const used = new Set(taken.map((name) => name.toLowerCase()));
  const [first = 'Pictures', ...rest] = words;
  const candidates = [first, ...rest.map((word) => `${first} and ${word.toLowerCase()}`), ...rest];
  const free = candidates.find((name) => !used.has(name.toLowerCase()));
  if (free) return free;
  let number = 2;
  while (used.has(`${first} ${number}`.toLowerCase())) number += 1;
  return `${first} ${number}`;
}

/** The first sentence most members begin with, where it is short enough for a name. */
function sharedTitle(members: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const member of members) {
    const [title = ''] = member.split(/[.:!?]/, 1);
    counts.set(title, (counts.get(title) ?? 0) + 1);
  }
  const [[title = '', count = 0] = []] = [...counts].sort(([, a], [, b]) => b - a);
  return count * 2 > members.length && count > 1 && /^\S+( \S+){1,3}$/.test(title) ? [title] : [];
}

/** Up to eight words, by the share of members they are in, times how early they stand there. */
function sharedWords(members: readonly string[]): string[] {
  const scores = new Map<string, { score: number; written: string }>();
  for (const member of members) {
    const seen = new Set<string>();
    meaningfulWords(member).forEach(({ stem, written, weight }, position) => {
      if (seen.has(stem) || written.length < 3) return;
      seen.add(stem);
      const entry = scores.get(stem) ?? { score: 0, written };
      entry.score += weight / (1 + position / 12);
      if (written.length < entry.written.length) entry.written = written;
      scores.set(stem, entry);
    });
  }
  return [...scores.values()]
    .sort((a, b) => b.score - a.score || a.written.localeCompare(b.written))
    .slice(0, 8)
    .map(({ written }) => written);
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * Reads the groups out of a text request: strings in JSON arrays under keys that speak of names to avoid are taken
 * names, all other strings are members; text that is no JSON is taken line by line.
 */
export function readGroup(text: string): { members: string[]; taken: string[] } {
  const members: string[] = [];
  const taken: string[] = [];
  const collect = (value: unknown, into: string[]): void => {
    if (typeof value === 'string') into.push(value);
    else if (Array.isArray(value)) for (const item of value) collect(item, into);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        collect(item, /sibling|taken|avoid|exist|other/i.test(key) ? taken : into);
    }
  };
  collect(parse(text) ?? text.split('\n').filter((line) => line.trim() !== ''), members);
  return { members, taken };
}

function parse(text: string): unknown {
  const start = text.indexOf('{');
  if (start < 0) return undefined;
  try {
    return JSON.parse(text.slice(start, text.lastIndexOf('}') + 1));
  } catch {
    return undefined; // Prose with a brace in it: read line by line.
  }
}
