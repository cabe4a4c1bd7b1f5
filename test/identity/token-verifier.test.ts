import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { IdentityUnavailable, InvalidToken } from '../../shared/adapters/identity/errors.ts';
import { createTokenVerifier } from '../../shared/adapters/identity/token-verifier.ts';
import { type Google, seconds, startGoogle, type TokenOptions } from './google.ts';

const PROJECT = 'shoebox-production';
let google: Google;

beforeAll(async () => {
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
  google = await startGoogle(PROJECT);
});
afterEach(() => {
  google.behaviour = 'publishes';
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await google.stop();
});

const verifier = () => createTokenVerifier({ projectId: PROJECT });

describe('a good token', () => {
  test('says who, since when and until when', async () => {
    const authTime = seconds(-600);
    const exp = seconds(1200);
    const token = google.token({ claims: { sub: 'ada', auth_time: authTime, exp, name: 'Ada', email_verified: true } });
    expect(await verifier().verify(token)).toEqual({
      user_id: 'ada',
      auth_time: authTime,
      exp,
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada',
    });
  });

  test('costs one fetch of the certificates, however many tokens follow', async () => {
    const { verify } = verifier();
    const before = google.fetches;
    for (let round = 0; round < 5; round += 1) await verify(google.token());
    expect(google.fetches).toBe(before + 1);
  });

  test('may have been issued by a clock a little ahead of ours', async () => {
    const claims = { auth_time: seconds(5), iat: seconds(5) };
    await expect(verifier().verify(google.token({ claims }))).resolves.toMatchObject({ auth_time: claims.auth_time });
  });
});

const bad: Record<string, TokenOptions> = {
  'is expired': { claims: { iat: seconds(-7200), auth_time: seconds(-7200), exp: seconds(-3600) } },
  'is signed by a stranger': { signedBy: 'stranger' },
  'is unsigned, as the emulator makes them': { signedBy: 'none', header: { alg: 'none', kid: undefined } },
  'is unsigned but names a key': { signedBy: 'none', header: { alg: 'none' } },
  'claims RS256 and carries no signature': { signedBy: 'none' },
  'is keyed with the public certificate (HS256)': { signedBy: 'hmac', header: { alg: 'HS256' } },
  'names an unknown key': { header: { kid: 'ffffffff' } },
  'names no key': { header: { kid: undefined } },
  'names a key by an inherited property': { header: { kid: 'toString' } },
  'is for another project': { claims: { aud: 'elsewhere', iss: 'https://securetoken.google.com/elsewhere' } },
  'has another audience': { claims: { aud: 'elsewhere' } },
  'has another issuer': { claims: { iss: `https://accounts.example/${PROJECT}` } },
  'has an empty subject': { claims: { sub: '' } },
  'has no subject': { claims: { sub: undefined } },
  'has an endless subject': { claims: { sub: 'x'.repeat(129) } },
  'was issued in the future': { claims: { iat: seconds(3000) } },
  'signed in in the future': { claims: { auth_time: seconds(3000) } },
  'has no sign-in time': { claims: { auth_time: undefined } },
  'has a sign-in time that is no number': { claims: { auth_time: 'NaN' } },
  'never expires': { claims: { exp: undefined } },
};

describe('refused with InvalidToken: a token that', () => {
  test.each(Object.entries(bad))('%s', async (_, options) => {
    await expect(verifier().verify(google.token(options))).rejects.toThrow(InvalidToken);
  });

  test.each([
    '',
    'x',
    'a.b',
    'a.b.c',
    'a.b.c.d',
    `${'x'.repeat(9000)}.e30.e30`,
    'bnVsbA.bnVsbA.x',
    'W10.W10.x',
    'e30.e30.x',
  ])('is no token at all: %.20s', async (token) => {
    await expect(verifier().verify(token)).rejects.toThrow(InvalidToken);
  });

  test('was altered after signing', async () => {
    const [header, , signature] = google.token({ claims: { sub: 'ada' } }).split('.');
    const [, otherBody] = google.token({ claims: { sub: 'eve' } }).split('.');
    await expect(verifier().verify(`${header}.${otherBody}.${signature}`)).rejects.toThrow(InvalidToken);
  });
});

describe('where the certificates cannot be had, nothing is said about the token', () => {
  test.each(['fails', 'talks nonsense', 'is silent'] as const)('the key server %s', async (behaviour) => {
    const { verify } = verifier();
    google.behaviour = behaviour;
    await expect(verify(google.token())).rejects.toThrow(IdentityUnavailable);
    // … and the next one is fine, once it answers again.
    google.behaviour = 'publishes';
    await expect(verify(google.token())).resolves.toBeDefined();
  });

  test('a key server that hangs up once is asked again, and the verdict counts', async () => {
    google.behaviour = 'hangs up once';
    await expect(verifier().verify(google.token())).resolves.toBeDefined();
    google.behaviour = 'hangs up once';
    await expect(verifier().verify(google.token({ signedBy: 'stranger' }))).rejects.toThrow(InvalidToken);
  });

  test('a token that is refused without any key is refused all the same', async () => {
    google.behaviour = 'fails';
    await expect(verifier().verify(google.token({ claims: { aud: 'elsewhere' } }))).rejects.toThrow(InvalidToken);
  });
});

test('a verifier without a project says what is missing', () => {
  expect(() => createTokenVerifier({ projectId: '' })).toThrow('GOOGLE_CLOUD_PROJECT');
});
