/**
 * Every kind of problem the API answers (RFC 9457), once: functions and the gateway's own responses are worded from here.
 */
export const PROBLEMS = {
  malformed: { status: 400, title: 'Malformed request' },
  unauthorized: { status: 401, title: 'Sign in first' },
  'sign-in-again': { status: 401, title: 'Sign in again' },
  'password-needed': { status: 401, title: 'A password is needed' },
  'over-quota': { status: 403, title: 'Over your limit' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  'too-large': { status: 413, title: 'Too large' },
  'uri-too-long': { status: 414, title: 'URI too long' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  invalid: { status: 422, title: 'Invalid request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'Headers too large' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The `type` of a problem: a name a program can switch on. */
export const problemType = (kind: ProblemKind) => `urn:shoebox:problem:${kind}`;
