import { isPassword } from '../../../shared/adapters/link-passwords.ts';
import { HttpProblem, LinkLocked } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** A try is counted before it is looked at, so that many at once do not slip through; good ones count as well. */
export const accessShared: ApiUseCase<'accessShared'> = async ({ link: { token, link }, body }, deps) => {
  if (link.password) {
    if (!(await deps.links.count(token, 'tries'))) {
      throw new HttpProblem('too-many-requests', 'Too many passwords were tried; try again in a quarter of an hour.', {
        headers: { 'Retry-After': '900' },
      });
    }
    if (!(await isPassword(link.password, body.password))) throw new LinkLocked('This is not the password.');
  }
  const exp = deps.shareSignatures.expiry(new Date(link.expires_at));
  const sign = await deps.shareSignatures.signer(token, exp);
  const access = `${exp}.${sign({ what: 'access' })}`;
  return { status: 200, body: { access, expires_at: new Date(exp * 1000).toISOString() } };
};
