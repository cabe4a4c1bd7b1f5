import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemKind, problemType } from '../../contract/problems.ts';
import type { Problem } from '../../contract/schemas.ts';

export type FieldError = NonNullable<Problem['errors']>[number];

interface Extra {
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * A request cannot be answered as asked. `detail` is for the client; the reason behind it, where there is one, travels as
 * `cause` and is only logged.
 */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly kind: ProblemKind;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(kind: ProblemKind, detail: string, { errors, headers = {}, cause }: Extra = {}) {
    super(detail, { cause });
    this.kind = kind;
    this.errors = errors;
    this.headers = headers;
  }
}

/** Not readable at all: no JSON, no multipart. */
export class MalformedRequest extends HttpProblem {
  constructor(detail: string) {
    super('malformed', detail);
  }
}

/** No token, or one that is not (any more) good. Why stays inside. */
export class Unauthorized extends HttpProblem {
  constructor(detail = 'A valid access token is needed; sign in with POST /auth/token.', cause?: unknown) {
    super('unauthorized', detail, { headers: { 'WWW-Authenticate': 'Bearer' }, cause });
  }
}

/**
 * The token is good, but for this the person must have shown just now who they are (RFC 9470). `seconds`: how long that counts. It is
 * a kind of its own because API Gateway renames the header, which would tell it from a token that is over.
 */
export class SignInAgain extends HttpProblem {
  constructor(detail: string, seconds: number) {
    super('sign-in-again', detail, {
      headers: { 'WWW-Authenticate': `Bearer error="insufficient_user_authentication", max_age=${seconds}` },
    });
  }
}

/** Never existed, is gone, or is somebody else's: all three read the same. */
export class NotFound extends HttpProblem {
  constructor(what: 'image' | 'album' | 'cluster' | 'person' | 'face' | 'job' | 'link' | 'download') {
    super('not-found', `There is no ${what} with this id.`);
  }
}

/** A link never was, has expired, was taken back, or its album is gone: all read the same. */
export class LinkNotFound extends HttpProblem {
  constructor() {
    super('not-found', 'This link does not open anything, or not any more. Ask whoever gave it to you.');
  }
}

/** A link has a password, and nothing shows that it was given. */
export class LinkLocked extends HttpProblem {
  constructor(detail = 'This link has a password; give it with POST /shared/{token}/access.') {
    super('password-needed', detail, { headers: { 'WWW-Authenticate': 'Share-Access' } });
  }
}

/** More than this person may keep. */
export class OverQuota extends HttpProblem {
  constructor(detail: string, errors: FieldError[]) {
    super('over-quota', detail, { errors });
  }
}

/** Worth trying again after a while. */
export class TooManyRequests extends HttpProblem {
  constructor(detail: string, retryAfterSeconds: number) {
    super('too-many-requests', detail, { headers: { 'Retry-After': String(retryAfterSeconds) } });
  }
}

export class RouteNotFound extends HttpProblem {
  constructor() {
    super('not-found', 'There is no such route; GET /docs lists them all.');
  }
}

export class MethodNotAllowed extends HttpProblem {
  constructor(allowed: readonly string[]) {
    const list = allowed.join(', ');
    super('method-not-allowed', `This path takes ${list}.`, { headers: { Allow: list } });
  }
}

export class Conflict extends HttpProblem {
  constructor(detail: string) {
    super('conflict', detail);
  }
}

export class TooLarge extends HttpProblem {
  constructor(detail: string) {
    super('too-large', detail);
  }
}

export class UnsupportedMediaType extends HttpProblem {
  constructor(expected: string, received: string | undefined) {
    super('unsupported-media-type', `Expected a body of ${expected}, received ${received ?? 'none named'}.`);
  }
}

/** Well-formed, but not what the contract asks for. Names every offending field. */
export class InvalidRequest extends HttpProblem {
  constructor(errors: FieldError[]) {
    const names = errors.slice(0, 5).map(({ path }) => path);
    const more = errors.length > names.length ? ` and ${errors.length - names.length} more` : '';
    super('invalid', `See errors: ${names.join(', ')}${more}.`, { errors });
  }
}

/** Worth trying again: something we depend on does not answer, or not in time. */
export class Unavailable extends HttpProblem {
  constructor(detail: string, { retryAfterSeconds, cause }: { retryAfterSeconds: number; cause?: unknown }) {
    super('unavailable', detail, { headers: { 'Retry-After': String(retryAfterSeconds) }, cause });
  }
}

/** The one place where errors become answers. What is no `HttpProblem` is a fault of ours and says nothing to the client. */
export function renderProblem(error: unknown, requestId: string | undefined) {
  const problem =
    error instanceof HttpProblem
      ? error
      : new HttpProblem('internal', 'The fault is ours; it has been logged. Trying again may help.');
  const { status, title } = PROBLEMS[problem.kind];
  const body: Problem = {
    type: problemType(problem.kind),
    title,
    status,
    detail: problem.message,
    ...(problem.errors && { errors: problem.errors }),
    ...(requestId && { request_id: requestId }),
  };
  return {
    statusCode: status,
    headers: { ...problem.headers, 'Content-Type': PROBLEM_CONTENT_TYPE, 'Cache-Control': 'no-store' },
    body: JSON.stringify(body),
  };
}
