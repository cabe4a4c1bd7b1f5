import * as z from 'zod';
import { operationOf, securitySchemes } from './openapi-operations.ts';
import { PROBLEM_CONTENT_TYPE, PROBLEMS } from './problems.ts';
import { type Route, routes } from './routes.ts';
import * as schemas from './schemas.ts';
import { VERSION } from './version.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/** An OpenAPI 3.1 document, as far as we read it ourselves. */
export interface OpenApi extends JsonObject {
  paths: Record<string, Record<string, JsonObject>>;
  components: {
    schemas: Record<string, JsonObject>;
    responses: Record<string, JsonObject>;
    securitySchemes: JsonObject;
  };
}

const TAGS: Record<Route['tag'], string> = {
  auth: 'Accounts and sessions',
  images: 'Uploading, looking at, correcting and deleting pictures',
  search: 'Finding pictures',
  clusters: 'Pictures that belong together',
  albums: 'Pictures put together by hand, by rule or by search, and links that share them',
  people: 'Whose faces are in pictures',
  jobs: 'Long work, and downloads',
  dashboard: 'What a gallery amounts to, and what happened in it',
  service: 'About this service',
};

/** The description of the whole API, made from the contract. `server` is where its paths begin, such as `/dev/api/v1`. */
export function openApi(server: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const route of routes as readonly Route[]) {
    const spellings = [{ method: route.method, path: route.path, alias: false }];
    for (const alias of route.aliases ?? []) {
      spellings.push({ method: alias.method ?? route.method, path: alias.path, alias: true });
    }
    for (const { method, path, alias } of spellings) {
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, alias ? path : undefined, refTo) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Shoebox',
      version: VERSION,
      summary: 'A private photo cloud',
      description:
        'Sign in, ask for upload forms, send pictures straight to S3, and look at what became of them. ' +
        'Every problem is answered as application/problem+json (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: componentSchemas(),
      responses: problemResponses(),
      securitySchemes: securitySchemes(`${server}/auth/token`),
    },
  };
}

/** The name under which a schema of the contract is a component; only schemas with an id are. */
function componentName(schema: z.ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.id;
}

function refTo(schema: z.ZodType): JsonObject {
  const name = componentName(schema);
  if (!name) throw new Error('A body or answer in the contract has no id; give its schema .meta({ id })');
  return { $ref: `#/components/schemas/${name}` };
}

function componentSchemas(): Record<string, JsonObject> {
  // What clients send may leave out what has a default; what they get is complete.
  const requests = new Set(
    (routes as readonly Route[]).flatMap(({ body }) => (body && 'schema' in body ? body.schema : [])),
  );
  const named = Object.values<unknown>(schemas)
    .filter((value) => value instanceof z.ZodType)
    .filter((schema) => componentName(schema));
  const sent = named.filter((schema) => requests.has(schema) || isPartOfRequest(schema));
  return {
    ...convert(
      named.filter((schema) => !sent.includes(schema)),
      'output',
    ),
    ...convert(sent, 'input'),
  };
}

/** `TokenRequest` is one shape of `LoginRequest` and the like. */
function isPartOfRequest(schema: z.ZodType): boolean {
  return componentName(schema)?.endsWith('Request') ?? false;
}

function convert(list: readonly z.ZodType[], io: 'input' | 'output'): Record<string, JsonObject> {
  const registry = z.registry<{ id: string }>();
  for (const schema of list) registry.add(schema, { id: componentName(schema) as string });
  const { schemas: converted } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => tidy(jsonSchema as JsonObject, io),
  });
  return Object.fromEntries(
    Object.entries(converted).map(([id, { $id, $schema, ...schema }]) => [id, schema as JsonObject]),
  );
}

/** Leaves out what says nothing (the bounds of every integer) and what later versions may widen (fields of answers). */
function tidy(schema: JsonObject, io: 'input' | 'output'): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
  // A format says it; the pattern behind it is a page long.
  if (schema.format !== undefined) delete schema.pattern;
  delete schema.id;
}

/** One reusable answer per kind of problem. */
function problemResponses(): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(PROBLEMS).map(([kind, { title }]) => [
      kind,
      { description: title, content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } },
    ]),
  );
}
