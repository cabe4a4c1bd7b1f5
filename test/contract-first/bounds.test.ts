import { expect, test } from 'vitest';
import { type Route, routes } from '../../shared/contract/routes.ts';
import { boundsOf, inputsOf, schemasWithin } from '../support/schemas.ts';

const all: readonly Route[] = routes;

/** Strings, lists and numbers of what routes take, each with where it stands. */
const parts = all.flatMap((route) =>
  inputsOf(route).flatMap(({ from, schema }) =>
    [...schemasWithin(schema)].map((leaf) => ({ where: `${route.id}: ${from} ${leaf.path}`, schema: leaf.schema })),
  ),
);

test('every string, list and number a route takes is bounded by its schema', () => {
  const unbounded = parts.filter(({ schema }) => !boundsOf(schema).bounded).map(({ where }) => where);
  expect([...new Set(unbounded)]).toEqual([]);
  expect(parts.filter(({ schema }) => boundsOf(schema).type === 'string').length).toBeGreaterThan(100);
});
