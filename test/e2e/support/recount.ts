import { deviations, type ImageItem, recordsIn } from '../../support/deviations.ts';
import { deadLetters, quiet } from './stack.ts';
import { type Reachable, readStored, type Stored } from './stored.ts';

/**
 * Counts everything a stack has stored against the records in its table, once it has come to rest, and answers every deviation
 * from what must always be true. Knows where things lie from the design; of the product's code it asks only which words and
 * suggestions a record has, and counts what comes of that by itself.
 */
export async function recount(stack: Reachable): Promise<string[]> {
  await quiet(stack);
  const stored = await readStored(stack);
  return [
    ...(await deadLetters(stack)).map((letters) => `dead letters: ${letters}`),
    ...deviations(stored.items, stored.vectors),
    ...checkObjects(stored, recordsIn(stored.items)),
  ];
}

/** Numbers of the faces found in a photo. */
function facesOf(items: Stored['items'], id: string): number[] {
  const item = items.find(
    ({ user_id, sk }) => sk.startsWith('FACES#') && `${user_id}/${sk.slice('FACES#'.length)}` === id,
  );
  return ((item?.faces ?? []) as { n: number }[]).map(({ n }) => n);
}

/**
 * Which objects there must be: for a photo that is done its original, its thumbnails, its faces and what its file says; of others at most kept
 * bytes, and what they had before they were run again.
 */
function checkObjects({ items, objects }: Stored, records: ReadonlyMap<string, ImageItem>): string[] {
  const says: string[] = [];
  const expected = new Map<string, { id: string; record: ImageItem }>();
  for (const [id, record] of records) {
    if (record.status !== 'done' && record.status !== 'failed') continue;
    const named = [...Object.values(record.thumbnails ?? {}), record.raw_metadata].flatMap(
      (object) => object?.key ?? [],
    );
    const always = [`originals/${id}`, `thumbnails/${id}/small.webp`, `thumbnails/${id}/medium.webp`];
    const faces = facesOf(items, id).map((n) => `thumbnails/${id}/face-${n}.webp`);
    for (const key of [...always, ...named, ...faces]) expected.set(key, { id, record });
  }
  const there = new Map(objects.map((object) => [object.key, object]));
  for (const [key, { bytes }] of there) {
    if (key.startsWith('jobs/')) continue;
    if (!expected.has(key)) says.push(`object ${key} belongs to nothing`);
    if (bytes === 0) says.push(`object ${key} is empty`);
  }
  for (const [key, { id, record }] of expected) {
    if (record.status !== 'done') continue;
    const object = there.get(key);
    if (!object) says.push(`image ${id} is done without ${key}`);
    else if (key.startsWith('originals/') && (object.sha256 !== record.sha256 || object.bytes !== record.bytes)) {
      says.push(`image ${id}: its original is not what its record says`);
    }
  }
  return says;
}
