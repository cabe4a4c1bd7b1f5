import type { SignedIn } from '../../../shared/adapters/identity/accounts.ts';
import type { Tokens } from '../../../shared/contract/schemas.ts';

/** What a client is given of a session. */
export function tokensOf({ access_token, refresh_token, expires_in }: SignedIn): Tokens {
  return { access_token, refresh_token, expires_in, token_type: 'bearer' };
}
