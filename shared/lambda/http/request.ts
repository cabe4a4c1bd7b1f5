import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import type { Route } from '../../contract/routes.ts';
import { readBody } from './body.ts';
import { basePath } from './event.ts';
import { fieldErrors } from './field-errors.ts';
import { type FieldError, InvalidRequest, Unauthorized } from './problems.ts';
import type { Request, User } from './use-case.ts';

/** What the authorizer hands on. The gateway makes every value a string. */
const authorizerContext = z.object({
  user_id: z.string().min(1),
  auth_time: z.coerce.number(),
  exp: z.coerce.number(),
});

/** Who asks. Throws `Unauthorized` where the authorizer has not said so. */
export function readUser(event: APIGatewayProxyEvent): User {
  const { principalId, ...context } = event.requestContext.authorizer ?? {};
  const result = authorizerContext.safeParse({ user_id: principalId, ...context });
  if (!result.success) throw new Unauthorized();
  return result.data;
}

/**
 * Reads an event as the route's contract has it: path, query and body are validated together, so that one answer names every
 * offending field. Throws `HttpProblem`.
 */
export async function readRequest(
  route: Route,
  event: APIGatewayProxyEvent,
): Promise<Omit<Request<never>, 'user' | 'link'>> {
  const body = route.body && (await readBody(route.body, event));
  const errors: FieldError[] = [];
  const check = (schema: z.ZodType | undefined, input: unknown, root: string) => {
    if (!schema) return input;
    const result = schema.safeParse(input);
    if (!result.success) errors.push(...fieldErrors(result.error.issues, input, root));
    return result.data;
  };
  const read = {
    params: check(route.params, event.pathParameters ?? {}, 'path'),
    query: check(querySchema(route), readQuery(event), 'query'),
    body: check(route.body && 'schema' in route.body ? route.body.schema : undefined, body, 'body'),
  };
  if (errors.length > 0) throw new InvalidRequest(errors);
  const base = basePath(event);
  const protocol = event.headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
  return {
    ...(read as Pick<Request<never>, 'params' | 'query' | 'body'>),
    headers: event.headers,
    basePath: base,
    apiUrl: `${protocol}://${event.requestContext.domainName ?? event.headers.host ?? 'localhost'}${base}`,
  };
}

const nothing = z.strictObject({});

/** A route that knows no query refuses every one; public pages may be linked to with what others add to links. */
function querySchema(route: Route): z.ZodType | undefined {
  return route.query ?? (route.access === 'public' ? undefined : nothing);
}

/** Values by name; a list where a name is repeated, which no schema takes. */
function readQuery(event: APIGatewayProxyEvent): Record<string, string | string[]> {
  const values = Object.entries(event.multiValueQueryStringParameters ?? {});
  if (values.length > 0) {
    return Object.fromEntries(
      values.map(([name, list]) => [name, list?.length === 1 ? (list[0] as string) : (list ?? [])]),
    );
  }
  return Object.fromEntries(
    Object.entries(event.queryStringParameters ?? {}).map(([name, value]) => [name, value ?? '']),
  );
}
