import { describe, expect, test } from 'vitest';
import { type Route, type RouteId, routes } from '../../shared/contract/routes.ts';
import { authorize, type Caller, type Verdict } from '../../shared/domain/authorize.ts';

const OWNER = 'ada';
const link = { kind: 'link', owner: OWNER, usable: true, unlocked: true, download: true } as const;

const CALLERS = {
  anonymous: { kind: 'anonymous' },
  owner: { kind: 'user', user_id: OWNER },
  'other user': { kind: 'user', user_id: 'eve' },
  link,
  'link without its password': { ...link, unlocked: false },
  'link without download': { ...link, download: false },
  'link of another’s': { ...link, owner: 'eve' },
  'expired link': { ...link, usable: false, unlocked: false, download: false },
} as const satisfies Record<string, Caller>;
type Who = keyof typeof CALLERS;

/** What each caller is answered who asks for something of Ada's. */
const OPEN: Record<Who, number> = {
  anonymous: 200,
  owner: 200,
  'other user': 200,
  link: 200,
  'link without its password': 200,
  'link without download': 200,
  'link of another’s': 200,
  'expired link': 200,
};
const OWNED: Record<Who, number> = {
  anonymous: 401,
  owner: 200,
  'other user': 404,
  link: 401,
  'link without its password': 401,
  'link without download': 401,
  'link of another’s': 401,
  'expired link': 401,
};
const LINKED: Record<Who, number> = {
  anonymous: 404,
  owner: 404,
  'other user': 404,
  link: 200,
  'link without its password': 401,
  'link without download': 200,
  'link of another’s': 404,
  'expired link': 404,
};

/** Every route that is more open than its owner's own. A new one that is so fails until it is put here. */
const EXCEPTIONS: Partial<Record<RouteId, Record<Who, number>>> = {
  ...Object.fromEntries(
    (['signup', 'token', 'login', 'refresh', 'health', 'openapi', 'docs'] as const).map((id) => [id, OPEN]),
  ),
  getShared: { ...LINKED, 'link without its password': 200 },
  accessShared: { ...LINKED, 'link without its password': 200 },
  listSharedImages: LINKED,
  getSharedImage: LINKED,
  sharedThumbnail: LINKED,
  sharedOriginal: { ...LINKED, 'link without download': 404 },
};

const table = (routes as readonly (Route & { id: RouteId })[]).map((route) => ({ ...route, name: route.id }));
const statusOf = (verdict: Verdict) => (verdict.allowed ? 200 : verdict.status);

test.each(table)('$name', (route) => {
  const expected = EXCEPTIONS[route.id] ?? OWNED;
  const answered = Object.entries(CALLERS).map(([who, caller]) => [who, statusOf(authorize(route, caller, OWNER))]);
  expect(Object.fromEntries(answered)).toEqual(expected);
});

describe('who is let in', () => {
  test('reads below the id of whom they speak for, and below no other', () => {
    for (const route of table) {
      for (const caller of Object.values(CALLERS)) {
        const verdict = authorize(route, caller);
        if (!verdict.allowed) continue;
        const speaksFor = caller.kind === 'user' ? caller.user_id : caller.kind === 'link' ? caller.owner : null;
        expect([speaksFor, null]).toContain(verdict.owner);
        if (verdict.owner === null) expect(route.access).toBe('public');
      }
    }
  });
});
