import type { Finding } from '../../bin/doctor/recount/finding.ts';
import { linkDeviations } from '../../bin/doctor/recount/links.ts';
import { createRecount } from '../../bin/doctor/recount/recount.ts';
import type { Item } from './items.ts';
import { AT } from './records.ts';

export { KINDS, type StoredObject } from '../../bin/doctor/recount/recount.ts';

/** A vector of the vector index, and the name of the index it is in. */
export interface IndexedVector {
  index: string;
  key: string;
  values: number[];
}

/** Everything that is stored, by whose it is. */
interface Stored {
  items: readonly Item[];
  vectors: readonly IndexedVector[];
  /** Absent: objects are not looked at. */
  objects?: readonly { key: string; bytes: number; sha256?: string }[];
}

/**
 * Counts everything that is stored against image records, once all has come to rest; answers every deviation from what must always be
 * true, as `npm run doctor` does of a stack at work.
 */
export function recountAll(stored: Stored): string[] {
  const { items, vectors, objects } = stored;
  const own = Map.groupBy(items, ({ user_id }) => user_id);
  const owners = new Map(
    items.filter(({ sk }) => sk.startsWith('IMAGE#')).map(({ user_id, image_id }) => [String(image_id), user_id]),
  );
  const nobodys = vectors.filter(({ key }) => !owners.has(key)).map(({ key }) => `vector ${key} belongs to nothing`);
  const mixed = [...Map.groupBy(vectors, ({ index }) => index)].flatMap(([index, entries]) => {
    const users = new Set(entries.map(({ key }) => owners.get(key) ?? 'nobody'));
    return users.size > 1 ? [`vector index ${index} holds vectors of ${[...users].join(', ')}`] : [];
  });
  const strangers = (objects ?? [])
    .filter(({ key }) => !own.has(key.split('/')[1] ?? ''))
    .map(({ key }) => `object ${key} belongs to nothing`);
  return [...nobodys, ...mixed, ...strangers, ...linkDeviations(items), ...findingsIn(stored).map(({ says }) => says)];
}

/** What is found of each user, of some kinds or of all. */
export function findingsIn({ items, vectors, objects }: Stored, about?: readonly Finding['about'][]): Finding[] {
  const own = Map.groupBy(items, ({ user_id }) => user_id);
  const users = [...own].filter(([user]) => !user.startsWith('LINK#'));
  const photos = new Set(users.flatMap(([user, mine]) => mine.map(({ sk }) => `${user} ${sk}`)));
  return users.flatMap(([user, mine]) => {
    const recount = createRecount(user, { live: false, now: AT });
    for (const item of mine) if (item.sk.startsWith('IMAGE#')) recount.record(item);
    const rest = mine.filter(({ sk }) => !sk.startsWith('IMAGE#'));
    for (const item of rest.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))) recount.item(item);
    for (const { key, values } of vectors) if (photos.has(`${user} IMAGE#${key}`)) recount.vector(key, values);
    for (const object of objects ?? []) if (object.key.split('/')[1] === user) recount.object(object);
    return recount.findings().findings.filter((each) => about?.includes(each.about) ?? true);
  });
}

/** As {@link recountAll}, of a table and the vectors beside it. */
export const deviations = (items: readonly Item[], vectors: readonly IndexedVector[]): string[] =>
  recountAll({ items, vectors });
