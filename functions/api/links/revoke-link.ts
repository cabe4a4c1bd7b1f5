import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Also where the album is gone: what could be left of its links goes. */
export const revokeLink: ApiUseCase<'revokeLink'> = async ({ user, params }, { links }) => {
  const revoked = await links.revoke(user.user_id, params.album_id, params.link_id);
  if (!revoked) throw new NotFound('link');
  return { status: 204, body: null };
};
