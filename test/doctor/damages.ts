import { addMember, restoreStats, type StoredClusterStats, storeStats } from '../../shared/domain/clustering/stats.ts';
import type { Item } from '../support/items.ts';
import { imageId } from '../support/records.ts';
import type { Stored } from './gallery.ts';

interface Damage {
  name: string;
  plant(stored: Stored): void;
  /** What the recount says, once it is there. */
  says: RegExp;
  /** Nothing may be done about it without a person. */
  byHand?: true;
}

const GONE = imageId(777);

const keys = ({ items }: Stored, prefix: string) => [...items.keys()].filter((sk) => sk.startsWith(prefix));
const first = (stored: Stored, prefix: string, number = 0): Item => {
  const found = stored.items.get(keys(stored, prefix)[number] ?? '');
  if (!found) throw new Error(`Expected an item ${prefix}`);
  return found;
};
const change = (stored: Stored, item: Item, changes: Record<string, unknown>) =>
  stored.items.set(item.sk, { ...item, ...changes });
const without =
  (prefix: string, number = 0) =>
  (stored: Stored) =>
    void stored.items.delete(first(stored, prefix, number).sk);
const stray =
  (from: string, sk: string, changes: Record<string, unknown> = {}) =>
  (stored: Stored) =>
    void stored.items.set(sk, { ...first(stored, from), ...changes, sk });

/** Everything derived that may be missing, too many or wrong, one at a time. */
export const DAMAGES: readonly Damage[] = [
  { name: 'a word is not listed', plant: without('TERM#'), says: /missing in 1 of its \d+ lists/ },
  { name: 'a place in an album is lost', plant: without('IN_ALBUM#'), says: /missing in 1 of its \d+ lists/ },
  {
    name: 'an entry says otherwise',
    plant: (stored) => change(stored, first(stored, 'TERM#', 3), { tf: 99 }),
    says: /posting TERM.* is otherwise/,
  },
  {
    name: 'a photo is listed under a tag it does not have',
    plant: stray('TAG#', `TAG#cat#${imageId(1)}`, { image_id: imageId(1) }),
    says: /posting TAG#cat.* is too many/,
  },
  {
    name: 'a photo that is gone is listed',
    plant: stray('TAG#', `TAG#dog#${GONE}`, { image_id: GONE }),
    says: /posting TAG#dog.* is too many/,
  },
  { name: 'nobody knows what is written of a photo', plant: without('DOC#', 2), says: /entry .* is missing/ },
  {
    name: 'of a photo that is gone something is noted',
    plant: stray('DOC#', `DOC#${GONE}`, { image_id: GONE }),
    says: /entry .* is too many/,
  },
  {
    name: 'what a photo counts for is noted wrongly',
    plant: (stored) => change(stored, first(stored, 'DOC#', 3), { tallies: [] }),
    says: /counts otherwise than its photo/,
  },
  {
    name: 'the counters are off',
    plant: (stored) => change(stored, first(stored, 'SUMMARY'), { images: 99 }),
    says: /counter images is 99/,
  },
  { name: 'a sum is lost', plant: without('TALLY#MONTH#'), says: /tally MONTH#.* is missing/ },
  {
    name: 'a sum is too many',
    plant: stray('TALLY#MONTH#', 'TALLY#MONTH#1999-01'),
    says: /tally MONTH#1999-01 is too many/,
  },
  {
    name: 'a suggestion counts wrong',
    plant: (stored) => change(stored, first(stored, 'SUGGEST#dog'), { count: 77 }),
    says: /suggestion .*dog#tag counts 77/,
  },
  {
    name: 'a pair of copies is lost',
    plant: without('NEAR#'),
    says: /images .* look the same .*, but that is not noted/,
  },
  {
    name: 'two photos are called copies that are none',
    plant: stray('NEAR#', `NEAR#${imageId(6)}#${imageId(8)}`),
    says: /images .* are noted as near-duplicates, but are none/,
  },
  {
    name: 'which copy is spare is lost',
    plant: without('SPARE#'),
    says: /is the lesser of near-duplicates, but not noted as spare/,
  },
  {
    name: 'a photo that is gone is called spare',
    plant: stray('SPARE#', `SPARE#${GONE}`),
    says: /is noted as spare, but is not/,
  },
  {
    name: 'a photo is not listed in its cluster',
    plant: without('IN#'),
    says: /says that it is in cluster .+, but is listed in no cluster/,
  },
  {
    // As of a photo whose placing was given up after ten deaths: the cluster contains it, and its record names none.
    name: 'a cluster contains a photo whose record does not name it',
    plant(stored) {
      const centroid = first(stored, 'CENTROID#');
      const id = imageId(10);
      const { vector } = first(stored, `VECTOR#${id}`) as unknown as { vector: Uint8Array };
      const values = new Float32Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.byteLength));
      const stats = storeStats(addMember(restoreStats(centroid as unknown as StoredClusterStats), values));
      change(stored, centroid, { ...stats });
      const cluster_id = String(centroid.cluster_id);
      stored.items.set(`IN#${cluster_id}#${id}`, {
        ...{ user_id: centroid.user_id, sk: `IN#${cluster_id}#${id}` },
        ...{ cluster_id, image_id: id },
      });
    },
    says: /says that it is in no cluster, but is listed in cluster .+/,
  },
  {
    name: 'a cluster lists a photo that is gone',
    plant: (stored) => {
      const { sk } = first(stored, 'IN#', 1);
      stray(sk, sk.replace(/[^#]+$/, GONE), { image_id: GONE })(stored);
    },
    says: /is listed in cluster .*, but there is no such image/,
  },
  { name: 'a centroid is lost', plant: without('CENTROID#', 1), says: /cluster .* counts/ },
  {
    name: 'a centroid is off',
    plant(stored) {
      const centroid = first(stored, 'CENTROID#');
      const sum = Uint8Array.from(centroid.sum as Uint8Array);
      sum.set([0, 0, 32, 65]);
      change(stored, centroid, { sum });
    },
    says: /centroid of cluster .* is not the sum of its members/,
  },
  {
    name: 'a cluster shows another number, and a stranger',
    plant: (stored) => change(stored, first(stored, 'CLUSTER#'), { count: 99, newest: [GONE] }),
    says: /cluster .* shows .* among its newest, not in it/,
  },
  { name: 'nobody remembers who waits', plant: without('CLUSTERING'), says: /nobody remembers/ },
  {
    name: 'one that is gone waits for a cluster',
    plant(stored) {
      const memory = first(stored, 'CLUSTERING');
      change(stored, memory, { waiting: [...(memory.waiting as string[]), GONE] });
    },
    says: /clustering remembers .*, which is gone/,
  },
  {
    name: 'a vector is not in the index',
    plant: ({ vectors }) => void vectors.delete(imageId(4)),
    says: /has 0 vectors in the index/,
  },
  {
    name: 'a vector of nothing is in the index',
    plant: ({ vectors }) => void vectors.set(GONE, vectors.get(imageId(4)) ?? []),
    says: /a vector of image .* is in the index, but there is no such image/,
  },
  {
    name: 'a vector in the index is another',
    plant: ({ vectors }) => void vectors.set(imageId(3), vectors.get(imageId(9)) ?? []),
    says: /vector in the index is not the one in the table/,
  },
  {
    name: 'an embedding is lost',
    plant: without(`VECTOR#${imageId(7)}`),
    says: /is described, but its embedding is lost$/,
  },
  {
    name: 'an embedding belongs to nothing',
    plant: stray('VECTOR#', `VECTOR#${GONE}`, { image_id: GONE }),
    says: /the embedding of image .* is left, but there is no such image/,
  },
  {
    name: 'faces belong to nothing',
    plant: stray('FACES#', `FACES#${GONE}`, { image_id: GONE, faces: [] }),
    says: /the faces of image .* are left, but there is no such image/,
  },
  {
    name: 'what a person looks like is lost',
    plant: without('PERSON_CENTROID#'),
    says: /centroid of person .* counts no faces, expected \d/,
  },
  {
    name: 'somebody without a face is known',
    plant: stray('PERSON_CENTROID#', 'PERSON_CENTROID#nobody', { cluster_id: 'nobody' }),
    says: /centroid of person nobody is left, who has no face/,
  },
  { name: 'a photo of a person is not listed', plant: without('FACE#'), says: /missing in 1 of its \d+ lists/ },
  { name: 'an event is lost', plant: without('EVENT#'), says: /events: .* is missing/ },
  {
    name: 'an event counts wrong',
    plant: (stored) => change(stored, first(stored, 'EVENT#'), { count: 9 }),
    says: /events: .*: 9 is too many/,
  },
  {
    name: 'an album by rule is empty',
    plant: stray('ALBUM#', 'ALBUM#empty', {
      ...{ album_id: 'empty', kind: 'auto', rule: { by: 'month', month: '1999-01' } },
      ...{ hidden: undefined, count: undefined },
    }),
    says: /album empty of month is empty/,
  },
  { name: 'whose bytes are whose is lost', plant: without('CHECKSUM#'), says: /no checksum is its own/ },
  {
    name: 'bytes belong to a photo that is gone',
    plant: stray('CHECKSUM#', 'CHECKSUM#ab', { image_id: GONE }),
    says: /checksum .* belongs to .*, which is gone/,
  },
  {
    name: 'objects belong to nothing',
    plant({ objects }) {
      const user = [...objects.keys()][0]?.split('/')[1];
      objects.set(`thumbnails/${user}/${GONE}/small.webp`, 'x');
      objects.set(`thumbnails/${user}/${imageId(0)}/face-7.webp`, 'x');
      objects.set(`raw/${user}/${imageId(0)}.json`, 'x');
    },
    says: /object raw.* belongs to nothing$/,
  },
  {
    name: 'an original has no record',
    plant({ objects }) {
      const user = [...objects.keys()][0]?.split('/')[1];
      objects.set(`originals/${user}/${GONE}`, 'x');
    },
    says: /object originals.* belongs to nothing; .*restore the table/,
    byHand: true,
  },
  {
    name: 'bytes came late',
    plant({ objects }) {
      const user = [...objects.keys()][0]?.split('/')[1];
      objects.set(`incoming/${user}/${imageId(0)}`, 'x');
    },
    says: /object incoming.* belongs to nothing; .*upload it again/,
    byHand: true,
  },
  {
    name: 'the feed does not tell of a photo',
    plant(stored) {
      for (const [sk, item] of stored.items)
        if (sk.startsWith('ACTIVITY#') && item.image_id === imageId(3)) stored.items.delete(sk);
    },
    says: /the feed does not tell/,
  },
  {
    name: 'a photo in the trash is in the vector index',
    plant: ({ vectors }) => void vectors.set(imageId(5), vectors.get(imageId(6)) ?? []),
    says: /has 1 vectors in the index/,
  },
];
