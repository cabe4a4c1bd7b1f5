import type { PersonView } from '../../../shared/contract/schemas.ts';
import { isShown } from '../../../shared/domain/image.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import type { KnownPerson } from './known.ts';

type Viewer = Pick<RequestOf<'listPeople'>, 'user' | 'apiUrl'>;

/** People as clients see them, each with a face to show: the one chosen where it is still theirs, else the newest. */
export async function viewPeople(
  viewer: Viewer,
  people: readonly KnownPerson[],
  { images, postings, urlsOf }: Pick<Deps, 'images' | 'postings' | 'urlsOf'>,
): Promise<PersonView[]> {
  const userId = viewer.user.user_id;
  const faces = await Promise.all(
    people.map(async ({ person_id, said }) => {
      const newest = await postings.newest(userId, listOf.person(person_id), { limit: 1 });
      return [...(said?.cover ? [said.cover] : []), ...newest.map(({ image_id }) => ({ image_id, n: undefined }))];
    }),
  );
  const found = await images.getMany(
    userId,
    faces.flat().map(({ image_id }) => image_id),
  );
  const shown = found.filter(isShown);
  const records = new Map(shown.map((record) => [record.image_id, record]));
  const { imageUrls, faceUrl } = await urlsOf(shown, viewer);

  function coverOf(personId: string, candidates: { image_id: string; n: number | undefined }[]) {
    for (const { image_id, n } of candidates) {
      const record = records.get(image_id);
      const face = record?.faces?.find((one) => one.person_id === personId && (n === undefined || one.n === n));
      if (!record || !face) continue;
      const cover = { image_id, n: face.n, box: face.box, url: faceUrl(record, face.n) };
      return { cover, urls_expire_at: imageUrls(record).urls_expire_at };
    }
    return { cover: null, urls_expire_at: null };
  }
  return people.map(({ person_id, count, faces: number, said }, index) => ({
    person_id,
    name: said?.name ?? null,
    hidden: said?.hidden ?? false,
    count,
    faces: number,
    ...coverOf(person_id, faces[index] ?? []),
  }));
}
