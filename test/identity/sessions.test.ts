import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDepartures } from '../../shared/adapters/departures.ts';
import type { Identity, SignedIn } from '../../shared/adapters/identity/accounts.ts';
import type { IdentityAdmin } from '../../shared/adapters/identity/admin.ts';
import { IdentityUnavailable, InvalidToken } from '../../shared/adapters/identity/errors.ts';
import { createSessionCheck, createSessions } from '../../shared/adapters/identity/sessions.ts';
import { createProfiles, type Profiles } from '../../shared/adapters/profiles.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const SECOND = 1_000;
let world: World;
let profiles: Profiles;
let now: number;
let user: string;
let users = 0;
const clock = () => new Date(now);

beforeAll(async () => {
  world = await startWorld();
  profiles = createProfiles(world.table, TABLE, clock);
});
afterAll(() => world.stop());
beforeEach(() => {
  now = Date.parse('2026-05-01T12:00:00.400Z');
  users += 1;
  user = `user-${users}`;
});

const nowSeconds = () => Math.floor(now / SECOND);
const session = (authTime: number) => ({ user_id: user, auth_time: authTime, exp: nowSeconds() + 3600 });

/** An identity service whose clock runs `ahead` seconds before ours; refreshing keeps `auth_time`, as Google does. */
function identityAt(ahead = 0): Identity {
  const issue = (auth_time: number): SignedIn => ({
    user_id: user,
    access_token: 'access',
    refresh_token: String(auth_time),
    expires_in: 3600,
    auth_time,
  });
  return {
    signUp: async () => issue(nowSeconds() + ahead),
    signIn: async () => issue(nowSeconds() + ahead),
    refresh: async (token) => issue(Number(token)),
    remove: async () => {},
    lookup: async () => ({ user_id: user, email: null, name: null, created_at: null }),
  };
}

/** Nobody has configured a service account. */
const noAdmin: IdentityAdmin = { remove: async () => false, endSessions: async () => false };

function sessionsWith(identity: Identity, admin = noAdmin) {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const departures = createDepartures(world.table, TABLE, clock);
  const waits: number[] = [];
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  const deps = { identity, admin, profiles, departures, clock, warn, wait };
  return { ...createSessions(deps), departures, waits, warnings };
}
const alive = (authTime: number) => createSessionCheck({ profiles, clock })(session(authTime));

describe('a session', () => {
  test('is alive where nobody ever logged out', async () => {
    await expect(alive(nowSeconds())).resolves.toBeUndefined();
  });

  test('ends when its token expires, also in the middle of the gateway’s cached answer', async () => {
    const check = createSessionCheck({ profiles, clock });
    const started = session(nowSeconds());
    now = started.exp * SECOND - 1;
    await expect(check(started)).resolves.toBeUndefined();
    now += 1;
    await expect(check(started)).rejects.toThrow(InvalidToken);
  });

  test.each([
    ['NaN', Number.NaN],
    ['nothing', undefined as unknown as number],
  ])('whose times are %s is not alive', async (_, value) => {
    const check = createSessionCheck({ profiles, clock });
    await expect(check({ ...session(nowSeconds()), exp: value })).rejects.toThrow(InvalidToken);
    await expect(check({ ...session(nowSeconds()), auth_time: value })).rejects.toThrow(InvalidToken);
  });
});

describe('a logout', () => {
  test('ends every session begun before it, those of its own second included, and nobody else’s', async () => {
    const { logout } = sessionsWith(identityAt());
    await logout(session(nowSeconds() - 100));
    await expect(alive(nowSeconds() - 100)).rejects.toThrow(InvalidToken);
    await expect(alive(nowSeconds())).rejects.toThrow(InvalidToken);
    await expect(alive(nowSeconds() + 1)).resolves.toBeUndefined();
    user = `${user}-other`;
    await expect(alive(nowSeconds() - 100)).resolves.toBeUndefined();
  });

  test('ends the session that asks for it even where Google’s clock runs ahead', async () => {
    const { logout } = sessionsWith(identityAt(20));
    const ahead = nowSeconds() + 20;
    await logout(session(ahead));
    await expect(alive(ahead)).rejects.toThrow(InvalidToken);
  });

  test('that comes late does not revive what a later one ended', async () => {
    const { logout } = sessionsWith(identityAt());
    now += 60 * SECOND;
    await logout(session(nowSeconds()));
    const later = nowSeconds();
    now -= 30 * SECOND;
    await logout(session(nowSeconds()));
    await expect(alive(later)).rejects.toThrow(InvalidToken);
  });

  test('gets refresh tokens of ended sessions refused', async () => {
    const { signIn, refresh, logout } = sessionsWith(identityAt());
    const first = await signIn({ email: 'a@b.c', password: 'secret' });
    await expect(refresh(first.refresh_token)).resolves.toMatchObject({ auth_time: first.auth_time });
    await logout(session(first.auth_time));
    await expect(refresh(first.refresh_token)).rejects.toThrow(InvalidToken);
  });
});

describe('signing in', () => {
  test('within the second of a logout waits for the next, so that the new token is good', async () => {
    const { signIn, logout, waits } = sessionsWith(identityAt());
    await logout(session(nowSeconds()));
    const tokens = await signIn({ email: 'a@b.c', password: 'secret' });
    expect(waits).toEqual([600]);
    await expect(alive(tokens.auth_time)).resolves.toBeUndefined();
  });

  test('does not wait otherwise', async () => {
    const { signIn, logout, waits } = sessionsWith(identityAt());
    await signIn({ email: 'a@b.c', password: 'secret' });
    await logout(session(nowSeconds()));
    now += SECOND;
    await signIn({ email: 'a@b.c', password: 'secret' });
    expect(waits).toEqual([]);
  });

  test('says so where Google’s clock lags by more than anybody waits', async () => {
    const { signIn, logout, waits } = sessionsWith(identityAt(-30));
    await logout(session(nowSeconds()));
    await expect(signIn({ email: 'a@b.c', password: 'secret' })).rejects.toThrow(IdentityUnavailable);
    expect(waits).toHaveLength(1);
  });
});
