/**
 * What can go wrong between us and the identity service. The messages are for the person who signs in; `cause` is for the log.
 * `status` is the HTTP status that fits.
 */
export class IdentityError extends Error {
  override name = 'IdentityError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

export class EmailTaken extends IdentityError {
  override name = 'EmailTaken';
  constructor() {
    super(409, 'email_taken', 'There is already an account with this e-mail address. Sign in instead.');
  }
}

/** One message for an unknown address and a wrong password: which addresses have accounts is nobody's business. */
export class WrongCredentials extends IdentityError {
  override name = 'WrongCredentials';
  constructor(message = 'The e-mail address or the password is wrong.') {
    super(401, 'wrong_credentials', message);
  }
}

export class AccountDisabled extends IdentityError {
  override name = 'AccountDisabled';
  constructor() {
    super(401, 'account_disabled', 'This account has been disabled.');
  }
}

/** The owner of this Shoebox has switched registration off in Firebase. */
export class SignupClosed extends IdentityError {
  override name = 'SignupClosed';
  constructor() {
    super(403, 'signup_closed', 'New accounts are not accepted here. Ask the owner of this Shoebox for one.');
  }
}

export class WeakPassword extends IdentityError {
  override name = 'WeakPassword';
  constructor(rule = 'It needs at least 6 characters.') {
    super(422, 'weak_password', `This password is too weak. ${rule}`);
  }
}

export class InvalidEmail extends IdentityError {
  override name = 'InvalidEmail';
  constructor() {
    super(422, 'invalid_email', 'This is not an e-mail address.');
  }
}

export class TooManyAttempts extends IdentityError {
  override name = 'TooManyAttempts';
  constructor() {
    super(429, 'too_many_attempts', 'There were too many attempts. Wait a few minutes and try again.');
  }
}

/** The token is expired, forged, meant for somebody else, or its session was ended. The reason is in `cause`, for the log. */
export class InvalidToken extends IdentityError {
  override name = 'InvalidToken';
  constructor(cause?: unknown) {
    super(401, 'invalid_token', 'The access token is missing, expired or no longer valid. Sign in again.', { cause });
  }
}

/** The service does not answer, or not as documented. Nothing is known about the credentials. */
export class IdentityUnavailable extends IdentityError {
  override name = 'IdentityUnavailable';
  constructor(cause?: unknown) {
    super(503, 'identity_unavailable', 'The sign-in service does not answer right now. Try again in a moment.', {
      cause,
    });
  }
}

/** The deployment's Firebase project cannot be used as it is set up: ours to repair, not the caller's. */
export class IdentityMisconfigured extends IdentityError {
  override name = 'IdentityMisconfigured';
  constructor(code: string) {
    super(
      500,
      'identity_misconfigured',
      `The Firebase project refused the request (${code}). Check FIREBASE_API_KEY, and that e-mail and password sign-in is switched on in the Firebase console.`,
    );
  }
}
