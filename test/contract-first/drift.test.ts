import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bodyExamples, parameterExamples } from '../../functions/api/service/docs/examples.ts';
import { useCases } from '../../functions/api/use-cases.ts';
import { type OpenApi, openApi } from '../../shared/contract/openapi.ts';
import { endpoints, type Route, routes } from '../../shared/contract/routes.ts';
import { VERSION } from '../../shared/contract/version.ts';

const all: readonly Route[] = routes;

describe('routes and use cases', () => {
  test('every route but the media function’s has a use case, and every use case a route', () => {
    const expected = all.filter(({ access }) => !access.endsWith('media')).map(({ id }) => id);
    expect(Object.keys(useCases).sort()).toEqual(expected.sort());
  });

  test.each(Object.entries(useCases))('%s loads', async (_, load) => {
    expect(await load()).toBeTypeOf('function');
  });

  test('no two endpoints share method and path, and a literal path comes before a parameter that would take it', () => {
    const spellings = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  test('every parameter of a path is described, and nothing else is', () => {
    for (const { path, params } of all) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(Object.keys(params?.shape ?? {}), path).toEqual(named);
    }
  });

  test('every deprecated endpoint says what to use instead', () => {
    const paths = new Set(all.map(({ path }) => path));
    for (const endpoint of endpoints.filter(({ deprecated }) => deprecated)) {
      expect(paths, endpoint.path).toContain(endpoint.successor);
    }
  });
});

describe('OpenAPI', () => {
  const api: OpenApi = JSON.parse(JSON.stringify(openApi('/dev/api/v1')));

  test('describes every endpoint, aliases included, and nothing else', () => {
    const described = Object.entries(api.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(endpoints.map(({ method, path }) => `${method} ${path}`).sort());
  });

  test('marks exactly the deprecated endpoints, and asks for a token exactly where one is needed', () => {
    for (const { method, path, deprecated, access } of endpoints) {
      const operation = api.paths[path]?.[method.toLowerCase()];
      expect(operation?.deprecated ?? false, path).toBe(deprecated);
      expect(operation?.security ?? [], path).toHaveLength(
        { public: 0, user: 2, media: 3, link: 0, 'link-media': 0 }[access],
      );
    }
  });

  test('every reference resolves', () => {
    const missing: string[] = [];
    walk(api, (node) => {
      if (typeof node.$ref === 'string' && resolve(api, node.$ref) === undefined) missing.push(node.$ref);
    });
    expect(missing).toEqual([]);
  });

  test('every operation has an id of its own, its path’s parameters, and an answer that succeeds', () => {
    const ids: unknown[] = [];
    for (const [path, item] of Object.entries(api.paths)) {
      for (const operation of Object.values(item)) {
        ids.push(operation.operationId);
        const parameters = (operation.parameters as { in: string; name: string; required: boolean }[]) ?? [];
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
        expect(inPath.every(({ required }) => required)).toBe(true);
        const statuses = Object.keys(operation.responses as object).map(Number);
        expect(statuses.some((status) => status < 400)).toBe(true);
        expect(statuses).toContain(500);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('security schemes and tags that are used are declared', () => {
    const tags = (api.tags as { name: string }[]).map(({ name }) => name);
    for (const item of Object.values(api.paths)) {
      for (const operation of Object.values(item)) {
        expect(tags).toEqual(expect.arrayContaining(operation.tags as string[]));
        const schemes = (operation.security as object[]).flatMap((each) => Object.keys(each));
        expect(Object.keys(api.components.securitySchemes)).toEqual(expect.arrayContaining(schemes));
      }
    }
  });

  test('what is sent may leave out what has a default; what comes back has every field', () => {
    expect(api.components.schemas.ClusterRequest?.required).toBeUndefined();
    expect(api.components.schemas.Image?.required).toEqual(expect.arrayContaining(['image_id', 'urls_expire_at']));
    expect(api.components.schemas.Image?.additionalProperties).toBeUndefined();
    expect(api.components.schemas.UploadsRequest?.additionalProperties).toBe(false);
  });

  test('has the package’s version', () => {
    expect(VERSION).toBe(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
  });
});

describe('the examples of the page', () => {
  test('are what the contract takes, one for every body', () => {
    for (const { id, body } of all) {
      if (!body || body.type === 'multipart') continue;
      const example = bodyExamples[id as keyof typeof bodyExamples];
      expect(body.schema.safeParse(example).success, id).toBe(true);
    }
  });

  test('have a valid value for every parameter', () => {
    for (const { id, params } of all) {
      if (params) expect(params.safeParse(parameterExamples).success, id).toBe(true);
    }
  });
});

function walk(node: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as Record<string, unknown>);
  for (const value of Object.values(node)) walk(value, visit);
}

function resolve(document: unknown, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined;
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document);
}
