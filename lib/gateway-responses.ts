import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemKind, problemType } from '../shared/contract/problems.ts';

const BAD_TOKEN = 'Expected a header Authorization: Bearer <token> with a valid token; sign in with POST /auth/token.';
const NO_ROUTE = 'There is no such route; GET /docs lists them all.';
const OURS = 'The fault is ours; it has been logged. Trying again may help.';

/** What the gateway answers without asking any function of ours. */
const ANSWERS: readonly (readonly [ResponseType, ProblemKind, detail: string])[] = [
  [ResponseType.UNAUTHORIZED, 'unauthorized', BAD_TOKEN],
  [ResponseType.EXPIRED_TOKEN, 'unauthorized', BAD_TOKEN],
  [ResponseType.ACCESS_DENIED, 'unauthorized', BAD_TOKEN],
  // A path or method it does not know: without a token it misses one, with a bearer token it takes that for a signature.
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, 'not-found', NO_ROUTE],
  [ResponseType.INVALID_SIGNATURE, 'not-found', NO_ROUTE],
  [ResponseType.RESOURCE_NOT_FOUND, 'not-found', NO_ROUTE],
  [ResponseType.BAD_REQUEST_BODY, 'malformed', 'The body cannot be read.'],
  [ResponseType.BAD_REQUEST_PARAMETERS, 'malformed', 'A parameter cannot be read.'],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, 'unsupported-media-type', 'This route does not take this content type.'],
  [
    ResponseType.REQUEST_TOO_LARGE,
    'too-large',
    'The request is too large. Send larger photos with POST /images/uploads, which answers a form to post them with.',
  ],
  [ResponseType.THROTTLED, 'too-many-requests', 'Too many requests at once; try again in a moment.'],
  [ResponseType.QUOTA_EXCEEDED, 'too-many-requests', 'Too many requests; try again later.'],
  [ResponseType.AUTHORIZER_FAILURE, 'internal', OURS],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, 'internal', OURS],
  [ResponseType.API_CONFIGURATION_ERROR, 'internal', OURS],
  [ResponseType.INTEGRATION_FAILURE, 'internal', OURS],
  [ResponseType.INTEGRATION_TIMEOUT, 'unavailable', 'The answer took too long; try again.'],
  [ResponseType.DEFAULT_4XX, 'malformed', 'The request was refused before it was read.'],
  [ResponseType.DEFAULT_5XX, 'internal', OURS],
];

/** Headers that belong to a kind of problem, quoted as the gateway wants fixed values. */
const HEADERS: Partial<Record<ProblemKind, Record<string, string>>> = {
  unauthorized: { 'WWW-Authenticate': "'Bearer'" },
  'too-many-requests': { 'Retry-After': "'1'" },
  unavailable: { 'Retry-After': "'1'" },
};

/** Words the gateway’s own errors as the functions word theirs, and lets the pages read them that may call the API. */
export function addGatewayResponses(api: RestApi, corsHeaders: Readonly<Record<string, string>>): void {
  for (const [type, kind, detail] of ANSWERS) {
    const { status, title } = PROBLEMS[kind];
    const body = { type: problemType(kind), title, status, detail, request_id: '$context.requestId' };
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'Content-Type': `'${PROBLEM_CONTENT_TYPE}'`,
        'Cache-Control': "'no-store'",
        ...HEADERS[kind],
        ...corsHeaders,
      },
      // The gateway looks a template up by content type and falls back to this one.
      templates: { 'application/json': JSON.stringify(body) },
    });
  }
}
