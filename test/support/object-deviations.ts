import type { ImageItem } from './deviations.ts';
import type { Item } from './items.ts';

/** The items of a table and the objects of a bucket; `sha256` in lower-case hex, of the bytes as they were before any encryption. */
export interface Held {
  items: readonly Item[];
  objects: readonly { key: string; bytes: number; sha256: string }[];
}

/** Numbers of the faces found in a photo. */
function facesOf(items: readonly Item[], id: string): number[] {
  const item = items.find(
    ({ user_id, sk }) => sk.startsWith('FACES#') && `${user_id}/${sk.slice('FACES#'.length)}` === id,
  );
  return ((item?.faces ?? []) as { n: number }[]).map(({ n }) => n);
}

/**
 * Which objects there must be: for a photo that is done its original, its thumbnails, its faces and what its file says; of others at most kept
 * bytes, and what they had before they were run again.
 */
export function checkObjects({ items, objects }: Held, records: ReadonlyMap<string, ImageItem>): string[] {
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
    if (key.startsWith('jobs/') || key.startsWith('downloads/')) continue;
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
