import { dayName, monthName } from './album.ts';

/**
 * What an event is called: `Lisbon, May 2024` where most of its photos that have a place are from there, otherwise `12 May 2024`, or
 * `12 May 2024 – 3 June 2024`. `start` and `end` are local times or begin with such; `places` are of its photos.
 */
export function eventName({ start, end, places }: { start: string; end: string; places: readonly string[] }): string {
  const commonest = commonestOf(places);
  if (commonest !== undefined) return `${commonest}, ${monthName(start)}`;
  const [first, last] = [start.slice(0, 10), end.slice(0, 10)];
  return first === last ? dayName(first) : `${dayName(first)} – ${dayName(last)}`;
}

/** Of those that are equally common, the one that came first. */
function commonestOf(names: readonly string[]): string | undefined {
  const counts = Map.groupBy(names, (name) => name);
  return [...counts].reduce<[string | undefined, number]>(
    (best, [name, { length }]) => (length > best[1] ? [name, length] : best),
    [undefined, 0],
  )[0];
}
