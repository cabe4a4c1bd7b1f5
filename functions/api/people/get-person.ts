import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { knownPerson } from './known.ts';
import { viewPeople } from './view.ts';

export const getPerson: ApiUseCase<'getPerson'> = async (request, deps) => {
  const person = await knownPerson(request.user.user_id, request.params.person_id, deps);
  const [body] = await viewPeople(request, [person], deps);
  if (!body) throw new NotFound('person');
  return { status: 200, body };
};
