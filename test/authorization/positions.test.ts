import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Endpoint, type Route, type RouteId, routes } from '../../shared/contract/routes.ts';
import { inputsOf, schemasWithin } from '../support/schemas.ts';
import { type Gateway, served, startGateway } from './gateway.ts';
import { bodiesFor, fill, NOBODYS, parametersFor, QUERIES, type Settled, sent, settle, type Things } from './people.ts';

/**
 * Every id in every position of what a route takes, found in the contract's schemas: with another's id in it, Eve is answered as with one
 * that never was, and nothing of Ada's changes.
 */
type Kind = 'image' | 'cluster' | 'person' | 'album' | 'link' | 'job' | 'cursor';
interface Position {
  id: RouteId;
  from: 'path' | 'query' | 'body';
  /** `ids[]`, `cover.image_id`. */
  path: string;
  kind: Kind;
}

/** What a schema of ids, or of cursors, says of itself when it refuses something else. */
const ID = /^expected an? (?:(\w+) id|next_(cursor)) as the API gave it$/;
const kindOf = (message = ''): Kind | undefined => {
  const [, kind, cursor] = ID.exec(message) ?? [];
  return (kind ?? cursor) as Kind | undefined;
};

const positions = (routes as readonly (Route & { id: RouteId })[]).flatMap((route): Position[] => {
  const found = inputsOf(route).flatMap(({ from, schema }) =>
    [...schemasWithin(schema)].flatMap((leaf) => {
      const kind = kindOf(leaf.schema.safeParse('!').error?.issues[0]?.message);
      return kind ? [{ id: route.id, from, path: leaf.path, kind }] : [];
    }),
  );
  // One field may be an id in several alternatives, and is wrapped where it may be left out.
  return [
    ...new Map(found.map((position) => [`${position.from} ${position.path} ${position.kind}`, position])).values(),
  ];
});

let gateway: Gateway;
let ada: Settled;
let eve: Settled;
beforeAll(async () => {
  gateway = await startGateway();
  ada = await settle(gateway, 'ada', 100);
  eve = await settle(gateway, 'eve', 200);
});
afterAll(() => gateway?.stop());

const endpointOf = (id: RouteId) => served.find((endpoint) => endpoint.id === id) as Endpoint;
const routeOf = (id: RouteId) => routes.find((route) => route.id === id) as Route;

/** Somebody's ids of a kind, in every form a cursor has. */
function valuesOf(kind: Kind, things: Things): string[] {
  if (kind !== 'cursor') return [things[kind]];
  const { image, person, album } = things;
  const texts = [image, JSON.stringify([image]), JSON.stringify({ before: image })];
  return [
    ...[image, album, `1-${person}`, `2026-01-01T00:00:00.000Z_${image}`, '2024-05', '2024-05-31'],
    ...texts.map((text) => Buffer.from(text).toString('base64url')),
  ];
}
/** A cursor is a place in an order: the next one that was nobody's. */
const beside = (things: Things): Things => {
  const [image, person, album] = [things.image, things.person, things.album].map((id) => `${id.slice(0, -2)}50`);
  return { ...things, ...{ image, person, album } } as Things;
};
const NOTHINGS = Object.fromEntries(
  ['image', 'other_image', 'cluster', 'other_cluster', 'person', 'other_person', 'album', 'link', 'job'].map((name) => [
    name,
    NOBODYS,
  ]),
) as unknown as Things;

/** A copy of a body with a value at a position, in the only entry of each list. */
function withValue(body: unknown, path: string, value: string): unknown {
  const [, name = '', list, rest = ''] = /^([^.[]*)(\[\])?\.?(.*)$/.exec(path) ?? [];
  if (name === '' && !list) return value;
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const inner = rest === '' ? value : withValue(list ? undefined : fields[name], rest, value);
  return { ...fields, [name]: list ? [inner] : inner };
}

/** Requests of Eve's about her own things, but for the position: one for each form of body that takes an id there. */
function requests({ id, from, path, kind }: Position) {
  const route = routeOf(id);
  const own = parametersFor(eve.things, eve.links.good);
  const bodies = bodiesFor(id, eve.things);
  const nobodys = valuesOf(kind, kind === 'cursor' ? beside(ada.things) : NOTHINGS);
  const values = valuesOf(kind, ada.things).map((hers, index) => ({ hers, nobodys: nobodys[index] ?? NOBODYS }));
  return values.flatMap(({ hers, nobodys }) => {
    const request = (value: string, body: unknown) => ({
      path: fill(endpointOf(id).path, from === 'path' ? { ...own, [path]: value } : own),
      query: from === 'query' ? { ...QUERIES[id], [path]: value } : QUERIES[id],
      ...sent(id, from === 'body' ? (withValue(body, path, value) as object) : (body as object | undefined)),
    });
    const fits = (body: unknown) =>
      from === 'path' ||
      (from === 'query'
        ? route.query?.safeParse({ ...QUERIES[id], [path]: hers }).success
        : route.body && 'schema' in route.body && takes(route.body.schema, body, path, hers));
    const candidates = bodies.length > 0 ? bodies : [undefined];
    // In path and query the body does not matter.
    const taken = candidates.filter(fits).slice(0, from === 'body' ? undefined : 1);
    return taken.map((body) => ({ another: request(hers, body), nobodys: request(nobodys, body) }));
  });
}

/** Whether a body with the value there is one the route takes, and keeps it. */
function takes(
  schema: Route extends { body?: infer B } ? (B extends { schema: infer S } ? S : never) : never,
  body: unknown,
  path: string,
  value: string,
) {
  const result = schema.safeParse(withValue(body, path, value));
  return result.success && JSON.stringify(result.data).includes(value);
}

/** What could tell two answers apart, but what is new with each, and the ids themselves. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const plain = (text: string) =>
  text
    .replace(UUID, 'id')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replace(/"(token|url)":"[^"]*"/g, '"$1":""')
    .replace(/((exp|sig)=)[\w-]+/g, '$1');

describe(`another’s id in each of ${positions.length} positions`, () => {
  test('there are positions of every kind', () => {
    const kinds: Kind[] = ['album', 'cluster', 'cursor', 'image', 'job', 'link', 'person'];
    expect([...new Set(positions.map(({ kind }) => kind))].sort()).toEqual(kinds);
    // Every parameter of a path is one, but for those everybody may say.
    const named = positions.filter(({ from }) => from === 'path').map(({ id, path }) => `${id} ${path}`);
    const parameters = (routes as readonly Route[]).flatMap(({ id, params }) =>
      Object.keys(params?.shape ?? {}).map((name) => `${id} ${name}`),
    );
    expect(parameters.filter((name) => !named.includes(name) && !/ (size|n|part|token)$/.test(name))).toEqual([]);
  });

  test.each(positions)('$id: $from $path ($kind)', async (position) => {
    const all = requests(position);
    expect(all.length, 'no request has an id there: name one in NAMING or valuesOf').toBeGreaterThan(0);
    const [hers, eves] = [await gateway.keep('ada'), await gateway.keep('eve')];
    const endpoint = endpointOf(position.id);
    const byLink = endpoint.access.startsWith('link');
    for (const { another, nobodys } of all) {
      const answers = [];
      for (const { path, query, body, headers } of [another, nobodys]) {
        const call = {
          ...(query && { query }),
          ...(body !== undefined && { body }),
          headers: { ...headers, ...(!byLink && { Authorization: eve.session }) },
        };
        const { status, text } = await gateway.call(endpoint, path, call);
        answers.push({ status, text: plain(text) });
        expect(status).not.toBe(401);
        expect(status).toBeLessThan(500);
        await eves.restore();
      }
      expect(answers[0]).toEqual(answers[1]);
      if (position.from === 'path') expect(answers[0]?.status).toBe(404);
      expect(await hers.unchanged()).toBe(true);
    }
  });

  test('the same, of one’s own, is there: it is the id that decides', async () => {
    const path = positions.filter(
      ({ from, kind, id }) => from === 'path' && kind === 'image' && endpointOf(id).method === 'GET',
    );
    expect(path.length).toBeGreaterThan(4);
    for (const { id } of path) {
      const endpoint = endpointOf(id);
      const own = fill(endpoint.path, parametersFor(eve.things, eve.links.good));
      expect((await gateway.call(endpoint, own, { headers: { Authorization: eve.session } })).status, id).toBe(200);
    }
  });
});
