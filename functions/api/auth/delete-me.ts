import { SignInAgain } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { bearerOf } from './bearer.ts';

/** Seconds for which a sign-in counts as fresh: as long as Google lets an account delete itself. */
const FRESH = 300;

/**
 * Ends the account with one write, from which on nobody is let in any more; `jobs` erases what there is. A token that was stolen does
 * not suffice: it tells when the password was last entered, and refreshing it does not change that.
 */
export const deleteMe: ApiUseCase<'deleteMe'> = async ({ headers, user }, deps) => {
  const { departures, queues, sessions, clock, logger } = deps;
  if (clock().getTime() / 1000 - user.auth_time > FRESH) {
    throw new SignInAgain('Deleting an account takes a sign-in within the last five minutes. Sign in again.', FRESH);
  }
  await departures.begin(user.user_id);
  try {
    await queues.jobs({ type: 'erase_account', user_id: user.user_id });
  } catch (error) {
    logger.warn('the erasing of an account waits for sweep', error as Error);
  }
  await sessions.forgetAtGoogle(user.user_id, bearerOf(headers));
  return { status: 202, body: null };
};
