import { addMember, statsOf } from '../../shared/domain/clustering/stats.ts';
import { isShown } from '../../shared/domain/image.ts';
import { type Face, faceId, isWaiting } from '../../shared/domain/people/faces.ts';
import { MOST_WAITING_FACES, type PeopleState } from '../../shared/domain/people/place.ts';
import { listOf } from '../../shared/domain/search/postings.ts';
import type { Batch, OrganizeDeps } from './deps.ts';

/**
 * Who there is, and the newest faces that are nobody's, as a batch finds them. A photo that is listed among those that wait, and whose
 * record says otherwise, was left behind by a batch that died: it is counted as its record says, and brought in line with this batch.
 */
export async function openPeople(
  { people, postings, images, faces }: Pick<OrganizeDeps, 'people' | 'postings' | 'images' | 'faces'>,
  { userId, work }: Batch,
): Promise<PeopleState> {
  const listed = await postings.newest(userId, listOf.person(null), { limit: MOST_WAITING_FACES });
  const ids = listed.map(({ image_id }) => image_id);
  const [centroids, records, detected] = await Promise.all([
    people.centroids(userId),
    images.getMany(userId, ids, { consistent: true }),
    faces.getMany(userId, ids),
  ]);
  const waiting: Face[] = [];
  const numbers = new Map(listed.map((posting) => [posting.image_id, posting.faces ?? []]));
  // Oldest first.
  const shown = records.filter(isShown).sort((a, b) => (a.image_id < b.image_id ? -1 : 1));
  for (const { image_id, faces: assigned = [] } of shown) {
    const vectors = new Map(detected.get(image_id)?.faces.map(({ n, descriptor }) => [n, descriptor]));
    const beside = new Set(assigned.flatMap(({ person_id }) => person_id ?? []));
    const listedHere = new Set(numbers.get(image_id));
    for (const face of assigned) {
      const vector = vectors.get(face.n);
      if (!vector || !listedHere.has(face.n)) continue;
      if (isWaiting(face)) waiting.push({ face_id: faceId(image_id, face.n), image_id, n: face.n, vector, beside });
      else work.settling.add(image_id);
      if (face.person_id === null) continue;
      const person = centroids.get(face.person_id);
      centroids.set(face.person_id, person ? addMember(person, vector) : statsOf(face.person_id, [vector]));
    }
  }
  return { people: centroids, waiting: waiting.slice(-MOST_WAITING_FACES) };
}
