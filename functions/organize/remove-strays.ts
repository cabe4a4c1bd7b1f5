import { type ImageRecord, isShown } from '../../shared/domain/image.ts';
import { looksSame } from '../../shared/domain/near-duplicates.ts';
import { postingsOf } from '../../shared/domain/search/postings.ts';
import type { OrganizeDeps } from './deps.ts';

/** The lists photos are in: what stands before the first `#` of a sort key. */
const LISTS = new Set([
  'TERM',
  'TAG',
  'COLOR',
  'PHASH',
  'PLACE',
  'CAMERA',
  'STATUS',
  'FLAG',
  'MODEL',
  'TRASH',
  'IN_ALBUM',
  'PLACED',
  'TAKEN',
  'SIZE',
  'FACE',
]);

/** Entries in lists that nobody who writes them knows of: removed where the photo's record does not want them. */
export function createRemoveStrays({ images, index, near, clusters }: OrganizeDeps) {
  return async function removeStrays(userId: string, keys: readonly string[]): Promise<void> {
    const ids = [...new Set(keys.flatMap(photosOf))];
    const known = await images.getMany(userId, ids, { consistent: true, erasing: true });
    const records = new Map(known.map((record) => [record.image_id, record]));
    const lists = new Map<string, Set<string>>();
    const listed = (imageId: string, list: string) => {
      const record = records.get(imageId);
      const own = lists.get(imageId) ?? new Set(record ? postingsOf(record).map((posting) => posting.list) : []);
      lists.set(imageId, own);
      return own.has(list);
    };
    for (const key of keys) {
      const [kind = '', first = '', second = ''] = key.split('#');
      const photo = key.slice(key.lastIndexOf('#') + 1);
      if (LISTS.has(kind)) {
        const list = key.slice(0, key.lastIndexOf('#'));
        if (!listed(photo, list)) await index.writePostings(userId, [], [{ list, image_id: photo }]);
      } else if (kind === 'IN') {
        if (records.get(photo)?.cluster?.cluster_id !== first) await clusters.removeMember(userId, first, photo);
      } else if (kind === 'NEAR') {
        const same = areSame(records.get(first), records.get(second));
        if (!same) await near.change(userId, first, { added: new Map(), removed: [second] });
      } else if (kind === 'SPARE') {
        if (!records.has(first))
          await index.replace(userId, { entries: [], gone: [], spares: [{ image_id: first, bytes: null }] });
      }
    }
  };
}

function photosOf(key: string): string[] {
  const [kind, ...rest] = key.split('#');
  return kind === 'NEAR' ? rest : rest.slice(-1);
}

function areSame(one: ImageRecord | undefined, other: ImageRecord | undefined): boolean {
  return one !== undefined && other !== undefined && isShown(one) && isShown(other) && looksSame(one, other);
}
