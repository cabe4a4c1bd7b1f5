import { Readable } from 'node:stream';
import type { MiddyHandlerObject } from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { type Endpoint, endpoints, type Route, type RouteId, routes } from '../../contract/routes.ts';
import { assertBounded } from './bounds.ts';
import { basePath, routePath } from './event.ts';
import { MethodNotAllowed, RouteNotFound } from './problems.ts';
import type { AnyResponse } from './use-case.ts';

/** When the aliases became deprecated, from the day they were first served (RFC 9745 wants a date): 2026-01-01. */
const DEPRECATED_SINCE = '@1767225600';

/** Answers one route; the event has its path parameters. */
export type Dispatch = (route: Route & { id: RouteId }, event: APIGatewayProxyEvent) => Promise<AnyResponse>;

/**
 * A handler for every endpoint of the contract whose access is in `access`, aliases and HEAD included. Throws `RouteNotFound`
 * and `MethodNotAllowed`, and what `assertBounded` throws before anybody is asked who it is.
 */
export function createRouter(access: readonly Endpoint['access'][], dispatch: Dispatch) {
  const served = endpoints.filter((endpoint) => access.includes(endpoint.access));
  const byId = new Map<RouteId, Route & { id: RouteId }>(routes.map((route) => [route.id, route]));
  const table = served.flatMap((endpoint) => {
    const route = byId.get(endpoint.id);
    if (!route) throw new Error(`The contract has an endpoint of no route: ${endpoint.id}`);
    const handler = async (event: APIGatewayProxyEvent) => {
      assertBounded(route, event);
      return render(await dispatch(route, event), event, deprecation(endpoint, event));
    };
    const methods = endpoint.method === 'GET' ? (['GET', 'HEAD'] as const) : ([endpoint.method] as const);
    return methods.map((method) => ({ method, path: endpoint.path, handler }));
  });
  const router = httpRouter<APIGatewayProxyEvent, APIGatewayProxyResult>({
    routes: table,
    notFoundResponse({ path }) {
      const allowed = table.filter((entry) => matches(entry.path, path)).map(({ method }) => method);
      throw allowed.length > 0 ? new MethodNotAllowed([...new Set(allowed)]) : new RouteNotFound();
    },
  });
  return (event: APIGatewayProxyEvent, context: Context, options: MiddyHandlerObject) =>
    router({ ...event, path: routePath(event) }, context, options);
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.replace(/\/$/, '').split('/');
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith('{') || part === given[index]);
}

function deprecation({ deprecated, successor }: Endpoint, event: APIGatewayProxyEvent): Record<string, string> {
  if (!deprecated || !successor) return {};
  const parameters = event.pathParameters ?? {};
  const path = successor.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
  return { Deprecation: DEPRECATED_SINCE, Link: `<${basePath(event)}${path}>; rel="successor-version"` };
}

function render(
  { status, body, headers }: AnyResponse,
  event: APIGatewayProxyEvent,
  extra: Record<string, string>,
): APIGatewayProxyResult {
  const hasBody = body !== null && body !== undefined;
  // The type knows no streams; middy's streaming mode takes one as it is.
  const content = typeof body === 'string' || body instanceof Readable ? (body as string) : JSON.stringify(body);
  return {
    statusCode: status,
    headers: {
      'Cache-Control': 'no-store',
      ...(hasBody && { 'Content-Type': 'application/json' }),
      ...headers,
      ...extra,
    },
    body: hasBody && event.httpMethod !== 'HEAD' ? content : '',
  };
}
