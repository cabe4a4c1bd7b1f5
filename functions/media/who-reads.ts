import { InvalidToken } from '../../shared/adapters/identity/errors.ts';
import type { AssertSessionAlive, Authenticate } from '../../shared/adapters/identity/sessions.ts';
import type { Link, LinkSignatures } from '../../shared/adapters/link-signatures.ts';
import { Unauthorized } from '../../shared/lambda/http/problems.ts';

export interface Reader {
  user_id: string;
  /** For a signed link: when it expires (seconds since the epoch). A session may end at any moment. */
  until?: number;
}

/** What a request brings along to show that it may read. */
export interface Proof {
  authorization: string | undefined;
  /** The query of a signed link. */
  link: { u?: string | undefined; at?: string | undefined; exp?: string | undefined; sig?: string | undefined };
}

/**
 * On whose behalf is `target` read? A good signature suffices for as long as the session it was made in, so that links work in an
 * `<img>`; otherwise the Authorization header decides. Throws `Unauthorized`, or what `authenticate` throws.
 */
export function createWhoReads(deps: {
  signatures: LinkSignatures;
  authenticate: Authenticate;
  assertSessionAlive: AssertSessionAlive;
}) {
  return async function whoReads(
    { authorization, link: { u = '', at = '', exp = '', sig } }: Proof,
    target: Pick<Link, 'image_id' | 'rendition'>,
  ): Promise<Reader> {
    if (sig !== undefined) {
      const link = { ...target, user_id: u, at: Number(at), exp: Number(exp) };
      if ((await deps.signatures.isGood(link, sig)) && (await isAlive(link))) return { user_id: u, until: link.exp };
      if (authorization === undefined) {
        throw new Unauthorized(
          'This link has expired, its session was ended, or it is not as it was given out. Ask the API for the image again.',
        );
      }
    }
    const { user_id } = await deps.authenticate(authorization);
    return { user_id };
  };

  async function isAlive({ user_id, at, exp }: Link): Promise<boolean> {
    try {
      await deps.assertSessionAlive({ user_id, auth_time: at, exp });
      return true;
    } catch (error) {
      if (error instanceof InvalidToken) return false;
      throw error;
    }
  }
}
export type WhoReads = ReturnType<typeof createWhoReads>;
