import { faceId } from '../../../shared/domain/people/faces.ts';
import { InvalidRequest } from '../../../shared/lambda/http/problems.ts';
import { startJob } from '../jobs/start-job.ts';
import { startUndo } from '../jobs/start-undo.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { readName } from './edit-person.ts';
import { knownPerson } from './known.ts';

/** Makes one person of several, as a job; with `Prefer: wait=N` the answer waits for it. */
export const mergePeople: ApiUseCase<'mergePeople'> = async (request, deps) => {
  const { into, from } = request.body;
  const ids = [...new Set([into, ...from])];
  await Promise.all(ids.map((id) => knownPerson(request.user.user_id, id, deps)));
  return startJob(request, { type: 'merge', request: { space: 'people', into, from: ids.slice(1) } }, deps);
};

/** The faces of a person in some images become somebody else's, or nobody's, as a job. */
export const splitPerson: ApiUseCase<'splitPerson'> = async (request, deps) => {
  const { params, body, user } = request;
  const { person_id } = await knownPerson(user.user_id, params.person_id, deps);
  const records = await deps.images.getMany(user.user_id, [...new Set(body.image_ids)], { consistent: true });
  const ids = records.flatMap(({ image_id, faces = [] }) =>
    faces.filter((face) => face.person_id === person_id).map(({ n }) => faceId(image_id, n)),
  );
  if (ids.length === 0) {
    throw new InvalidRequest([{ path: 'image_ids', expected: 'images this person is in', received: 'none of those' }]);
  }
  const { to } = body;
  const other = typeof to === 'object' ? { name: readName(to.name, 'to.name') } : to === 'new' ? deps.newId() : null;
  return startJob(request, { type: 'move', request: { space: 'people', ids, to: other } }, deps);
};

/** Takes the last merge or split back, as a job. */
export const undoPeople: ApiUseCase<'undoPeople'> = (request, deps) => startUndo(request, 'people', deps);

/** Groups all faces anew, as a job. */
export const groupPeople: ApiUseCase<'groupPeople'> = (request, deps) =>
  startJob(request, { type: 'group_people', request: {} }, deps);
