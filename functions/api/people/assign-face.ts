import { isShown } from '../../../shared/domain/image.ts';
import { Conflict, NotFound } from '../../../shared/lambda/http/problems.ts';
import { sendEdited } from '../images/send-edited.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { readName } from './edit-person.ts';
import { knownPerson } from './known.ts';

/** Whose a face is, as a person says: at once on the photo's record; lists and counts follow. A name founds a person. */
export const assignFace: ApiUseCase<'assignFace'> = async (request, deps) => {
  const { params, body, user } = request;
  const userId = user.user_id;
  const key = { userId, imageId: params.image_id };
  const { n } = params;
  const seen = await deps.images.getVisible(key);
  if (!seen?.faces?.some((face) => face.n === n)) throw new NotFound('face');
  if (!isShown(seen))
    throw new Conflict('The image is under way or in the trash. Its faces can be assigned when it is done.');
  const named = 'name' in body ? readName(body.name) : null;
  const to = 'name' in body ? deps.newId() : body.person_id;
  if (named !== null) {
    await deps.people.say(userId, to as string, { name: named, updated_at: deps.clock().toISOString() });
  } else if (to !== null) await knownPerson(userId, to, deps);

  const outcome = await deps.faceAssignments.change(key, (record) =>
    isShown(record)
      ? (record.faces ?? []).map((face) =>
          face.n === n ? { n, box: face.box, person_id: to, similarity: null, by_person: true as const } : face,
        )
      : null,
  );
  if (!outcome) throw new NotFound('image');
  if (outcome.changed) await sendEdited([outcome.record], deps);
  const [image] = await viewImages(request, [outcome.record], deps);
  if (!image) throw new NotFound('image');
  return { status: 200, body: image };
};
