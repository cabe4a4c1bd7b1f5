import { expect } from 'vitest';
import type { z } from 'zod';
import { problemStatuses } from '../../shared/contract/openapi-operations.ts';
import { endpoints, type Route, routes } from '../../shared/contract/routes.ts';
import { problem } from '../../shared/contract/schemas.ts';

interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Holds an answer against what the contract says of its route: a known status, and exactly the fields of its schema. */
export function expectAsContracted(method: string, path: string, { status, headers, text }: Answered): void {
  if (status >= 400) {
    expect(headers['Content-Type']).toBe('application/problem+json');
    expectExactly(problem, JSON.parse(text));
  }
  const candidates = endpoints.filter((each) => each.method === method && matches(each.path, path));
  const [endpoint] = candidates.sort((a, b) => parameters(a.path) - parameters(b.path));
  const route: Route | undefined = routes.find(({ id }) => id === endpoint?.id);
  if (!route) {
    if (method !== 'HEAD' && method !== 'OPTIONS') expect([404, 405]).toContain(status);
    return;
  }
  if (status >= 400) {
    expect(problemStatuses(route), `${method} ${path} answered a problem the contract does not list`).toContain(status);
    return;
  }
  expect(Object.keys(route.responses).map(Number), `${method} ${path}`).toContain(status);
  const expected = route.responses[status];
  if (expected === null) expect(text).toBe('');
  else if (typeof expected === 'string') expect(headers['Content-Type']).toContain(expected);
  else if (expected) expectExactly(expected, JSON.parse(text));
}

/** Parsing drops unknown fields: what is left must be all there was. */
function expectExactly(schema: z.ZodType, body: unknown): void {
  expect(schema.parse(body)).toEqual(body);
}

function matches(template: string, path: string): boolean {
  const given = path.split('/');
  const wanted = template.split('/');
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith('{') || part === given[index]);
}

/** A literal path wins over one with parameters that would match it, too. */
const parameters = (path: string) => path.split('{').length;
