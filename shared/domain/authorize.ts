/**
 * Who may do what. Every request of every route passes here, with whoever makes it as the functions have found out.
 *
 * `public`: nobody asks. `user`: one's own things, found below one's own id. `media`: bytes of one's own pictures; a signed URL speaks for
 * its owner. `link` and `link-media`: what a share link opens, whoever holds it, and nothing else.
 */
export type Access = 'public' | 'user' | 'media' | 'link' | 'link-media';

/** What a link must have for a route: be good; have its password given, where it has one (the usual); or allow originals too. */
export type LinkNeeds = 'nothing' | 'unlocked' | 'download';

export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'user'; user_id: string }
  | {
      kind: 'link';
      /** Who shares. */
      owner: string;
      /** It is there, has not expired, and its album is there too. */
      usable: boolean;
      unlocked: boolean;
      download: boolean;
    };

/** What of a route decides. */
export interface Guarded {
  access: Access;
  linkNeeds?: LinkNeeds;
}

/** `owner`: whose things may be read or changed, nobody's where `null`. */
export type Verdict = { allowed: true; owner: string | null } | { allowed: false; status: 401 | 404 };

const UNAUTHORIZED: Verdict = { allowed: false, status: 401 };
const NOT_FOUND: Verdict = { allowed: false, status: 404 };

/**
 * Whether `caller` may use a route, on a thing of `resourceOwner`'s where that is known. What is another's is not there (404), and a
 * link that does not open is not there either, whatever the reason.
 */
export function authorize(
  { access, linkNeeds = 'unlocked' }: Guarded,
  caller: Caller,
  resourceOwner?: string,
): Verdict {
  switch (access) {
    case 'public':
      return { allowed: true, owner: null };
    case 'user':
    case 'media':
      if (caller.kind !== 'user') return UNAUTHORIZED;
      return onThingsOf(caller.user_id, resourceOwner);
    case 'link':
    case 'link-media':
      if (caller.kind !== 'link' || !caller.usable) return NOT_FOUND;
      if (linkNeeds !== 'nothing' && !caller.unlocked) return UNAUTHORIZED;
      if (linkNeeds === 'download' && !caller.download) return NOT_FOUND;
      return onThingsOf(caller.owner, resourceOwner);
  }
}

const onThingsOf = (owner: string, resourceOwner: string | undefined): Verdict =>
  resourceOwner === undefined || resourceOwner === owner ? { allowed: true, owner } : NOT_FOUND;
