import type { ImageRecord } from './image.ts';

/** A cluster is named by the model when it has this many members, and again each time it has doubled. */
export const FIRST_NAMED_AT = 3;

/**
 * Whether it is time to ask the model for a name. A name a person gave is never asked for again. At the very size it was asked
 * at and without an answer, asking is repeated: a batch that comes back may have died before it asked.
 */
export function nameIsDue({
  count,
  name_source,
  name_asked_at,
}: {
  count: number;
  name_source: 'tags' | 'model' | 'person';
  name_asked_at: number;
}): boolean {
  if (name_source === 'person' || count < FIRST_NAMED_AT) return false;
  return count >= 2 * name_asked_at || (name_source === 'tags' && count === name_asked_at);
}

const capitalised = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/**
 * A first name, made of what most members are tagged with and no sibling is called; without tags, of the month of the
 * newest member.
 */
export function nameFromTags(members: readonly ImageRecord[], taken: ReadonlySet<string>): string {
  const counts = new Map<string, number>();
  for (const { tags } of members) for (const tag of new Set(tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const common = [...counts]
    .filter(([, count]) => count * 2 > members.length)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([tag]) => tag);
  const newest = members
    .map(({ created_at }) => created_at)
    .sort()
    .at(-1);
  const month = newest
    ? new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(newest))
    : 'Photos';
  const candidates = [
    ...common.map(capitalised),
    ...common.slice(1).map((tag) => capitalised(`${common[0]} and ${tag}`)),
    month,
  ];
  const free = candidates.find((name) => !taken.has(name));
  if (free) return free;
  const base = candidates[0] as string;
  for (let number = 2; ; number += 1) if (!taken.has(`${base} ${number}`)) return `${base} ${number}`;
}
