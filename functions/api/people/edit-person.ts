import type { Person } from '../../../shared/adapters/people.ts';
import { plainLine } from '../../../shared/domain/plain-text.ts';
import { InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { knownPerson } from './known.ts';
import { viewPeople } from './view.ts';

const LONGEST_NAME = 100;

/** What its owner says of a person, at once: nothing that groups faces changes it. */
export const editPerson: ApiUseCase<'editPerson'> = async (request, deps) => {
  const { params, body, user } = request;
  const userId = user.user_id;
  const known = await knownPerson(userId, params.person_id, deps);
  const { name, hidden, cover } = body;
  const set: Partial<Person> = {
    ...(name && { name: readName(name) }),
    ...(hidden && { hidden }),
    ...(cover && { cover: await readCover(userId, known.person_id, cover, deps) }),
  };
  const remove = [
    ...(name === null ? ['name' as const] : []),
    ...(hidden === false ? ['hidden' as const] : []),
    ...(cover === null ? ['cover' as const] : []),
  ];
  const updated_at = deps.clock().toISOString();
  const said = await deps.people.say(userId, known.person_id, { ...set, updated_at }, remove);
  if (said.name === undefined && said.hidden === undefined && said.cover === undefined)
    await deps.people.forget(userId, [known.person_id]);
  const [view] = await viewPeople(request, [{ ...known, said }], deps);
  if (!view) throw new NotFound('person');
  return { status: 200, body: view };
};

/** A name as it is stored. Throws where nothing of it can be seen. */
export function readName(given: string, path = 'name'): string {
  const name = plainLine(given, LONGEST_NAME);
  if (name !== '') return name;
  throw new InvalidRequest([{ path, expected: 'text that can be seen', received: 'only characters that cannot' }]);
}

async function readCover(
  userId: string,
  personId: string,
  { image_id, n }: { image_id: string; n?: number | undefined },
  { images }: Pick<Deps, 'images'>,
): Promise<NonNullable<Person['cover']>> {
  const record = await images.getVisible({ userId, imageId: image_id });
  const face = record?.faces?.find((one) => one.person_id === personId && (n === undefined || one.n === n));
  if (face) return { image_id, n: face.n };
  throw new InvalidRequest([{ path: 'cover', expected: 'a face of this person', received: image_id }]);
}
