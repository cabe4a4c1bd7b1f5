import { IdentityError, InvalidEmail, InvalidToken, WeakPassword } from '../../adapters/identity/errors.ts';
import { Conflict, HttpProblem, InvalidRequest, Unauthorized, Unavailable } from './problems.ts';

/** What an error of the identity service means to whoever signs in; any other error as it came. */
export function identityProblem(error: unknown): unknown {
  if (!(error instanceof IdentityError)) return error;
  if (error instanceof InvalidToken) return new Unauthorized(error.message);
  if (error instanceof WeakPassword) return fieldProblem('password', error);
  if (error instanceof InvalidEmail) return fieldProblem('email', error);
  switch (error.status) {
    case 401:
      return new Unauthorized(error.message);
    case 409:
      return new Conflict(error.message);
    case 429:
      return new HttpProblem('too-many-requests', error.message, { headers: { 'Retry-After': '60' }, cause: error });
    case 503:
      return new Unavailable(error.message, { retryAfterSeconds: 5, cause: error });
    default:
      return error;
  }
}

function fieldProblem(path: string, { message }: IdentityError): InvalidRequest {
  return new InvalidRequest([{ path, expected: message, received: 'a value the sign-in service refused' }]);
}
