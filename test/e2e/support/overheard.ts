import type { Answer } from './person.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Everything somebody was answered, to be asked whether something occurs in it. */
export function overhear() {
  const texts: string[] = [];
  return {
    hear({ text, headers }: Pick<Answer, 'text' | 'headers'>): void {
      texts.push(text, JSON.stringify([...headers]));
    },
    answers: () => texts.length / 2,
    /** Ids of whatever kind: images, clusters, albums, people, links, jobs. */
    ids: () => new Set(texts.flatMap((text) => text.match(UUID) ?? [])),
    /** Which of these occur. */
    occurring: (strings: Iterable<string>) =>
      [...strings].filter((string) => texts.some((text) => text.includes(string))),
  };
}
export type Overheard = ReturnType<typeof overhear>;
