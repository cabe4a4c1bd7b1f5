import type { Item } from './items.ts';

/** Zips in the bucket that no download names, those that one names and that are not there, and those of another size than it says. */
export function downloadDeviations(
  items: readonly Item[],
  objects: readonly { key: string; bytes: number }[],
): string[] {
  const zips = new Map(objects.filter(({ key }) => key.startsWith('downloads/')).map(({ key, bytes }) => [key, bytes]));
  const says: string[] = [];
  for (const { user_id, sk, type, status, result } of items) {
    if (!sk.startsWith('JOB#') || type !== 'download' || status !== 'done') continue;
    const { parts } = result as { parts: { bytes: number }[] };
    for (const [index, { bytes }] of parts.entries()) {
      const key = `downloads/${user_id}/${sk.slice('JOB#'.length)}/part-${index + 1}.zip`;
      if (zips.get(key) !== bytes) says.push(`${key} has ${zips.get(key) ?? 'no'} bytes, not ${bytes}`);
      zips.delete(key);
    }
  }
  return [...says, ...[...zips.keys()].map((key) => `object ${key} belongs to nothing`)];
}
