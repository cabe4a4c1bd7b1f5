import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdentity } from '../../shared/adapters/identity/accounts.ts';
import * as errors from '../../shared/adapters/identity/errors.ts';

/** What Google answers, as documented, and what a person is told. The emulator's own answers: emulator.test.ts. */

const SECRETS = { key: 'AIza-the-api-key', password: 'correct horse battery', refresh: 'the-refresh-token' };
let server: Server;
let answer: { status: number; body: string } | 'nothing' | 'hang up';
let asked: { url: string; type: string | undefined; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ url: request.url ?? '', type: request.headers['content-type'], body });
      if (answer === 'hang up') return void request.socket.destroy();
      if (answer === 'nothing') return;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function identity(timeout = 2_000) {
  const { port } = server.address() as AddressInfo;
  asked = [];
  return createIdentity({ firebaseApiKey: SECRETS.key, emulatorHost: `127.0.0.1:${port}`, timeout });
}
const refusal = (message: string, status = 400, more: object = {}) => ({
  status,
  body: JSON.stringify({ error: { code: status, message, ...more } }),
});
const credentials = { email: 'ada@example.com', password: SECRETS.password };
const token = `e30.${Buffer.from(JSON.stringify({ auth_time: 1_700_000_000 })).toString('base64url')}.signature`;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`expected a failure, got ${inspect(value)}`),
    (error: unknown) => error,
  );
}

const atSignIn: [string, new (...rest: never[]) => errors.IdentityError][] = [
  ['INVALID_LOGIN_CREDENTIALS', errors.WrongCredentials],
  ['EMAIL_NOT_FOUND', errors.WrongCredentials],
  ['INVALID_PASSWORD', errors.WrongCredentials],
  ['USER_DISABLED', errors.AccountDisabled],
  ['INVALID_EMAIL', errors.InvalidEmail],
  ['TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been temporarily disabled.', errors.TooManyAttempts],
  ['OPERATION_NOT_ALLOWED', errors.IdentityMisconfigured],
  ['CONFIGURATION_NOT_FOUND', errors.IdentityMisconfigured],
  ['SOMETHING_NEW', errors.IdentityUnavailable],
];

describe('sign-in', () => {
  test.each(atSignIn)('%s', async (message, kind) => {
    answer = refusal(message);
    expect(await failure(identity().signIn(credentials))).toBeInstanceOf(kind);
  });

  test('an unknown address and a wrong password cannot be told apart', async () => {
    answer = refusal('EMAIL_NOT_FOUND');
    const unknown = await failure(identity().signIn(credentials));
    answer = refusal('INVALID_PASSWORD');
    expect(await failure(identity().signIn(credentials))).toEqual(unknown);
  });

  test.each([
    refusal('API key not valid. Please pass a valid API key.', 400, {
      status: 'INVALID_ARGUMENT',
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
    }),
    refusal('Identity Toolkit API has not been used in project 1 before or it is disabled.', 403, {
      status: 'PERMISSION_DENIED',
    }),
  ])('a refused API key is ours to repair, and is not shown', async (given) => {
    answer = given;
    const error = await failure(identity().signIn(credentials));
    expect(error).toBeInstanceOf(errors.IdentityMisconfigured);
    expect(String(error)).toContain('FIREBASE_API_KEY');
  });

  test('quota of the whole project', async () => {
    answer = refusal('Quota exceeded for quota metric', 429, { status: 'RESOURCE_EXHAUSTED' });
    expect(await failure(identity().signIn(credentials))).toBeInstanceOf(errors.TooManyAttempts);
  });

  test('answers tokens, and when the password was entered', async () => {
    answer = {
      status: 200,
      body: JSON.stringify({ localId: 'u1', idToken: token, refreshToken: 'r', expiresIn: '3600' }),
    };
    expect(await identity().signIn(credentials)).toEqual({
      user_id: 'u1',
      access_token: token,
      refresh_token: 'r',
      expires_in: 3600,
      auth_time: 1_700_000_000,
    });
    expect(asked).toEqual([
      {
        url: `/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=${SECRETS.key}`,
        type: 'application/json',
        body: JSON.stringify({ ...credentials, returnSecureToken: true }),
      },
    ]);
  });
});

describe('sign-up', () => {
  test('a taken address', async () => {
    answer = refusal('EMAIL_EXISTS');
    expect(await failure(identity().signUp(credentials))).toBeInstanceOf(errors.EmailTaken);
  });

  test('registration switched off by the owner', async () => {
    answer = refusal('ADMIN_ONLY_OPERATION');
    expect(await failure(identity().signUp(credentials))).toBeInstanceOf(errors.SignupClosed);
  });

  test('a weak password, with Google’s own rule', async () => {
    answer = refusal('WEAK_PASSWORD : Password should be at least 6 characters');
    const error = await failure(identity().signUp(credentials));
    expect(error).toBeInstanceOf(errors.WeakPassword);
    expect(String(error)).toContain('Password should be at least 6 characters.');
  });
});

describe('refresh', () => {
  test.each(['TOKEN_EXPIRED', 'INVALID_REFRESH_TOKEN', 'USER_NOT_FOUND'])('%s', async (message) => {
    answer = refusal(message);
    expect(await failure(identity().refresh(SECRETS.refresh))).toBeInstanceOf(errors.InvalidToken);
  });

  test('sends a form', async () => {
    answer = refusal('TOKEN_EXPIRED');
    await failure(identity().refresh('a&b=c'));
    expect(asked[0]).toEqual({
      url: `/securetoken.googleapis.com/v1/token?key=${SECRETS.key}`,
      type: 'application/x-www-form-urlencoded',
      body: 'grant_type=refresh_token&refresh_token=a%26b%3Dc',
    });
  });
});

describe('nothing is known about the credentials where the service', () => {
  test.each([
    ['answers no JSON', { status: 200, body: '<html>' }],
    ['answers another shape', { status: 200, body: '{"localId":"u1"}' }],
    ['fails without a reason', { status: 503, body: '{}' }],
    ['hangs up', 'hang up'],
    ['is silent', 'nothing'],
  ] as const)('%s', async (_, given) => {
    answer = given;
    expect(await failure(identity(150).signIn(credentials))).toBeInstanceOf(errors.IdentityUnavailable);
  });
});

test('no error carries a secret, however deep one looks', async () => {
  const answers = [
    ...atSignIn.map(([message]) => refusal(message)),
    'hang up' as const,
    { status: 200, body: '<html>' },
  ];
  for (const given of answers) {
    answer = given;
    const { signUp, signIn, refresh } = identity();
    const attempts = [() => signUp(credentials), () => signIn(credentials), () => refresh(SECRETS.refresh)];
    for (const attempt of attempts) {
      const text = inspect(await failure(attempt()), { depth: 10, showHidden: true });
      for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
    }
  }
});
