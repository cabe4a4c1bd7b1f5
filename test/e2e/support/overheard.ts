import type { Answer } from './person.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Everything somebody was answered, to be asked whether something occurs in it. */
export function overhear() {
  const texts: string[] = [];
  /** Ids of whatever kind: images, clusters, albums, people, links, jobs. */
  const ids = () => new Set(texts.flatMap((text) => text.match(UUID) ?? []));
  return {
    hear({ text, headers }: Answer): void {
      texts.push(text, JSON.stringify([...headers]));
    },
    read: (text: string) => void texts.push(text),
    /** Answers and other texts. */
    count: () => texts.length,
    ids,
    /** Which of these words occur, and which of these ids. */
    occurring(words: readonly string[], known: ReadonlySet<string> = new Set()): string[] {
      return [...words.filter((word) => texts.some((text) => text.includes(word))), ...ids().intersection(known)];
    },
  };
}
export type Overheard = ReturnType<typeof overhear>;
