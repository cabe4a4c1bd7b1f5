import type { Departures } from '../../shared/adapters/departures.ts';
import type { Authenticate } from '../../shared/adapters/identity/sessions.ts';
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
  link: { u?: string | undefined; exp?: string | undefined; sig?: string | undefined };
}

/**
 * On whose behalf is `target` read? A good signature suffices for as long as the account is there, so that links work in an `<img>`;
 * otherwise the Authorization header decides. Throws `Unauthorized`, or what `authenticate` throws.
 */
export function createWhoReads(deps: {
  signatures: LinkSignatures;
  authenticate: Authenticate;
  departures: Pick<Departures, 'isGone'>;
}) {
  return async function whoReads(
    { authorization, link: { u = '', exp = '', sig } }: Proof,
    target: Pick<Link, 'image_id' | 'rendition'>,
  ): Promise<Reader> {
    if (sig !== undefined) {
      const link = { ...target, user_id: u, exp: Number(exp) };
      const good = (await deps.signatures.isGood(link, sig)) && !(await deps.departures.isGone(u));
      if (good) return { user_id: u, until: link.exp };
      if (authorization === undefined) {
        throw new Unauthorized('This link has expired or is not as it was given out. Ask the API for the image again.');
      }
    }
    const { user_id } = await deps.authenticate(authorization);
    return { user_id };
  };
}
export type WhoReads = ReturnType<typeof createWhoReads>;
