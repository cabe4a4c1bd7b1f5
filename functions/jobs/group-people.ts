import type { Faces } from '../../shared/adapters/faces.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Job } from '../../shared/adapters/jobs.ts';
import type { People } from '../../shared/adapters/people.ts';
import { isShown } from '../../shared/domain/image.ts';
import { faceId } from '../../shared/domain/people/faces.ts';
import { type KnownFace, regroupFaces } from '../../shared/domain/people/regroup.ts';
import { intoParts, type RegroupPlan } from '../../shared/domain/regroup-plan.ts';

export interface GroupPeopleDeps {
  faces: Pick<Faces, 'all'>;
  images: Pick<Images, 'getMany'>;
  people: Pick<People, 'list'>;
}

/** Plans a new grouping of all faces; people of whom something is said stay. */
export function createGroupPeople({ faces, images, people }: GroupPeopleDeps) {
  return async function plan(userId: string, { job_id }: Job<'group_people'>): Promise<RegroupPlan> {
    const known = await knownFaces(userId);
    const said = new Set((await people.list(userId)).map(({ person_id }) => person_id));
    let founded = 0;
    const result = regroupFaces(known, said, () => {
      founded += 1;
      return uuidFrom(`person:${job_id}:${founded}`);
    });
    const moves = known.flatMap(({ face_id, person_id }) => {
      const to = result.get(face_id) ?? null;
      return to === person_id ? [] : [{ id: face_id, from: person_id, to, was: 'assigned' }];
    });
    const assigned = [...result.values()].filter((id) => id !== null);
    return {
      kind: 'recluster',
      space: 'people',
      names: false,
      parts: intoParts(moves),
      groups: {},
      exact: {},
      result: {
        faces: known.length,
        people: new Set(assigned).size,
        unassigned: known.length - assigned.length,
        moved: moves.length,
      },
    };
  };

  async function knownFaces(userId: string): Promise<KnownFace[]> {
    const found = await Array.fromAsync(faces.all(userId));
    const records = await images.getMany(
      userId,
      found.map(({ image_id }) => image_id),
      { consistent: true },
    );
    const assigned = new Map(records.filter(isShown).map(({ image_id, faces: own = [] }) => [image_id, own]));
    return found.flatMap(({ image_id, faces: own }) =>
      (assigned.get(image_id) ?? []).flatMap(({ n, box, person_id, by_person = false }) => {
        const face = own.find((one) => one.n === n);
        if (!face) return [];
        const quality = face.score * Math.sqrt(box.width * box.height);
        return [
          { face_id: faceId(image_id, n), image_id, n, vector: face.descriptor, person_id, fixed: by_person, quality },
        ];
      }),
    );
  }
}
