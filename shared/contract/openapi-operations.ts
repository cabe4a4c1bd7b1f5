import * as z from 'zod';
import type { JsonObject } from './openapi.ts';
import { PROBLEMS, type ProblemKind } from './problems.ts';
import type { Route } from './routes.ts';
import { MAX_FILES_PER_REQUEST } from './schemas.ts';

type RefTo = (schema: z.ZodType) => JsonObject;

const STATUS_WORDS: Record<number, string> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted: the work goes on',
  204: 'Done; there is nothing to say',
  206: 'The part asked for with Range',
  302: 'Elsewhere: follow Location',
  304: 'What you have is still right',
};

const BODY_TYPES = {
  json: ['application/json'],
  form: ['application/x-www-form-urlencoded'],
  'json-or-form': ['application/json', 'application/x-www-form-urlencoded'],
} as const;

/** One operation. `alias` is the older spelling it is described under, if any. */
export function operationOf(route: Route, alias: string | undefined, refTo: RefTo): JsonObject {
  const deprecated = alias !== undefined || route.deprecated;
  const successor = alias === undefined ? route.successor : route.path;
  return {
    operationId: alias === undefined ? route.id : `${route.id}_${alias.split('/').filter(isWord).join('_')}`,
    summary: route.summary,
    tags: [route.tag],
    ...(deprecated && { deprecated: true, description: `Deprecated; use ${route.method} ${successor}.` }),
    security: security(route),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...preferences(route),
      ...linkAccess(route),
    ],
    ...(route.body && { requestBody: requestBody(route.body, refTo) }),
    responses: { ...successes(route, refTo), ...problemsOf(route) },
  };
}

const isWord = (part: string) => /^[\w-]+$/.test(part);

function security(route: Route): JsonObject[] {
  // The token of a link is in its path.
  if (route.access === 'public' || route.access === 'link' || route.access === 'link-media') return [];
  const token: JsonObject[] = [{ bearer: [] }, { password: [] }];
  // A signed URL speaks for itself.
  return route.access === 'media' ? [...token, {}] : token;
}

export function securitySchemes(tokenUrl: string): JsonObject {
  return {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access_token of a sign-in' },
    password: { type: 'oauth2', flows: { password: { tokenUrl, scopes: {} } } },
  };
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): JsonObject[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as JsonObject;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

/** Where an answer may be waited for: it comes as 202 or, once waited for, as 200. */
function preferences(route: Route): JsonObject[] {
  if (!(200 in route.responses && 202 in route.responses)) return [];
  const description = 'Seconds to wait for the result, at most 25 (RFC 7240)';
  return [
    { name: 'Prefer', in: 'header', required: false, description, schema: { type: 'string', examples: ['wait=20'] } },
  ];
}

/** What `POST /shared/{token}/access` answered, where the link has a password. */
function linkAccess({ access, linkNeeds }: Route): JsonObject[] {
  if ((access !== 'link' && access !== 'link-media') || linkNeeds === 'nothing') return [];
  const description = 'What POST /shared/{token}/access answered, where the link has a password';
  return [{ name: 'Share-Access', in: 'header', required: false, description, schema: { type: 'string' } }];
}

function requestBody(body: NonNullable<Route['body']>, refTo: RefTo): JsonObject {
  if (body.type === 'multipart') {
    const file = { type: 'string', contentMediaType: 'application/octet-stream' };
    const files = { type: 'array', minItems: 1, maxItems: MAX_FILES_PER_REQUEST, items: file };
    const schema = { type: 'object', properties: { files }, required: ['files'], additionalProperties: false };
    return { required: true, content: { 'multipart/form-data': { schema } } };
  }
  // A body that may be empty may be left out.
  const required = !body.schema.safeParse({}).success;
  const content = Object.fromEntries(BODY_TYPES[body.type].map((type) => [type, { schema: refTo(body.schema) }]));
  return { required, content };
}

function successes({ responses }: Route, refTo: RefTo): JsonObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, body]) => {
      const description = STATUS_WORDS[Number(status)] ?? 'Answer';
      if (body === null) return [status, { description }];
      if (typeof body === 'string') return [status, { description, content: { [body]: {} } }];
      return [status, { description, content: { 'application/json': { schema: refTo(body) } } }];
    }),
  );
}

/** The statuses a route can fail with, by what it takes. */
export function problemStatuses(route: Route): number[] {
  const { body, params, access } = route;
  return [
    ...(body ? [400, 415] : []),
    ...(access === 'public' ? [] : [401]),
    ...(params ? [404] : []),
    ...(body || params || route.query || access === 'user' ? [422] : []),
    ...(route.problems ?? []),
    ...[413, 414, 429, 431, 500, 503],
  ]
    .filter((status, index, all) => all.indexOf(status) === index)
    .sort((a, b) => a - b);
}

function problemsOf(route: Route): JsonObject {
  return Object.fromEntries(
    problemStatuses(route).map((status) => [status, { $ref: `#/components/responses/${problemOf(route, status)}` }]),
  );
}

/** Which kind of problem a status of a route is: whoever has a link is asked for its password where others are asked to sign in. */
function problemOf({ access }: Route, status: number): ProblemKind {
  if (status === 401 && (access === 'link' || access === 'link-media')) return 'password-needed';
  const kinds = Object.keys(PROBLEMS) as ProblemKind[];
  return kinds.find((kind) => PROBLEMS[kind].status === status) ?? 'internal';
}
