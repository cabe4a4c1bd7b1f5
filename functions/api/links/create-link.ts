import { storePassword } from '../../../shared/adapters/link-passwords.ts';
import { DEFAULT_LINK_SECONDS, MAX_LINK_SECONDS } from '../../../shared/contract/schemas.ts';
import { plainLine } from '../../../shared/domain/plain-text.ts';
import { InvalidRequest, Unauthorized } from '../../../shared/lambda/http/problems.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import { listedAlbum } from '../listed-album.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewLink } from './view.ts';

const LONGEST_NAME = 100;

/** A new link to an album. Its token is in this answer and nowhere else: only its digest is kept. */
export const createLink: ApiUseCase<'createLink'> = async ({ user, params, body, apiUrl }, deps) => {
  const { album_id: albumId } = await listedAlbum(user.user_id, params.album_id, deps);
  const expiresAt = expiryOf(body, deps.clock());
  const password = body.password === undefined ? undefined : await storePassword(body.password);
  const token = deps.newToken();
  const { download, location } = body;
  const name = body.name && plainLine(body.name, LONGEST_NAME);
  const terms = { ...(name && { name }), download, location, password, expiresAt };
  const link = await deps.links.create({ userId: user.user_id, albumId }, token, terms, deps.newId);
  // Whoever erases the account meanwhile finds links by what lists them, and may have been there before this one opened.
  if (await deps.departures.isGone(user.user_id)) {
    await deps.links.withdraw(token);
    throw new Unauthorized();
  }
  return { status: 201, body: { ...viewLink(link), token, url: `${apiUrl}/shared/${token}` } };
};

function expiryOf({ expires_in, expires_at }: RequestOf<'createLink'>['body'], now: Date): Date {
  const latest = now.getTime() + MAX_LINK_SECONDS * 1000;
  if (expires_at === undefined) return new Date(now.getTime() + (expires_in ?? DEFAULT_LINK_SECONDS) * 1000);
  const at = new Date(expires_at);
  if (at <= now || at.getTime() > latest) {
    const expected = 'a time to come, within a year';
    throw new InvalidRequest([{ path: 'expires_at', expected, received: JSON.stringify(expires_at) }]);
  }
  return at;
}
