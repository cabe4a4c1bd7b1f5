import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { type Google, seconds, startGoogle, type TokenOptions } from './google.ts';

/** The deployed handler as it is, in production mode; only Google's address and AWS's endpoints lead elsewhere. */

const PROJECT = 'shoebox-production';
const ARN = 'arn:aws:execute-api:eu-central-1:123456789012:abc123/dev';
let world: World;
let google: Google;
let handler: (event: { authorizationToken?: string; methodArn: string }) => Promise<APIGatewayAuthorizerResult>;

beforeAll(async () => {
  world = await startWorld();
  const environment = { ...world.environment, GOOGLE_CLOUD_PROJECT: PROJECT, TABLE_NAME: TABLE };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
  google = await startGoogle(PROJECT);
  // Another file of this process may have imported it with its own settings.
  vi.resetModules();
  ({ handler } = await import('../../functions/authorizer/handler.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await google.stop();
  await world.stop();
});

const ask = (authorizationToken: string | undefined, path = 'GET/api/v1/images') =>
  handler({ ...(authorizationToken !== undefined && { authorizationToken }), methodArn: `${ARN}/${path}` });
const bearer = (options?: TokenOptions) => `Bearer ${google.token(options)}`;

/** The message alone decides between 401 and 500, so it is compared whole. */
async function refusal(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'allowed',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe('a good token', () => {
  test('allows every method and path of the stage, so that the cached answer fits the next route', async () => {
    const answer = await ask(bearer({ claims: { sub: 'ada' } }), 'DELETE/api/v1/images/a:b/c*');
    expect(answer).toMatchObject({
      principalId: 'ada',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${ARN}/*/*` }],
      },
    });
  });

  test('hands on who, since when and until when, as strings', async () => {
    const [authTime, exp] = [seconds(-600), seconds(600)];
    const { context } = await ask(bearer({ claims: { sub: 'ada', auth_time: authTime, exp, email_verified: true } }));
    expect(context).toEqual({ user_id: 'ada', auth_time: `${authTime}`, exp: `${exp}`, email_verified: 'true' });
  });

  test('may be sent as `bearer`, too', async () => {
    await expect(ask(bearer().replace('Bearer', 'bearer'))).resolves.toBeDefined();
  });
});

const refused: Record<string, TokenOptions> = {
  expired: { claims: { iat: seconds(-7200), exp: seconds(-3600) } },
  'badly signed': { signedBy: 'stranger' },
  unsigned: { signedBy: 'none', header: { alg: 'none', kid: undefined } },
  'for another project': { claims: { aud: 'elsewhere', iss: 'https://securetoken.google.com/elsewhere' } },
  'of an unknown key': { header: { kid: 'ffffffff' } },
};

describe('401', () => {
  test.each(Object.entries(refused))('for a token that is %s', async (_, options) => {
    expect(await refusal(ask(bearer(options)))).toBe('Unauthorized');
  });

  test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'Bearer nonsense', undefined])(
    'for the header “%s”',
    async (header) => {
      expect(await refusal(ask(header))).toBe('Unauthorized');
    },
  );

  test('is explained in the log, without the token', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const token = google.token({ claims: { aud: 'elsewhere' } });
    await refusal(ask(`Bearer ${token}`));
    const lines = write.mock.calls.map(([line]) => String(line)).join('');
    write.mockRestore();
    expect(lines).toMatch(/refused a token.*elsewhere/);
    for (const part of token.split('.')) expect(lines).not.toContain(part);
  });

  test('for a token whose session was ended; one of a later sign-in is good', async () => {
    const profiles = createProfiles(world.table, TABLE, systemClock);
    const token = bearer({ claims: { sub: 'grace', auth_time: seconds(-300) } });
    await expect(ask(token)).resolves.toBeDefined();
    const boundary = await profiles.endSessions('grace', seconds(-300));
    expect(await refusal(ask(token))).toBe('Unauthorized');
    await expect(ask(bearer({ claims: { sub: 'grace', auth_time: boundary } }))).resolves.toBeDefined();
  });
});

test('500, not 401, where the certificates cannot be fetched', async () => {
  vi.resetModules();
  const fresh = await import('../../functions/authorizer/handler.ts');
  google.behaviour = 'fails';
  const message = await refusal(fresh.handler({ authorizationToken: bearer(), methodArn: `${ARN}/GET/api/v1/images` }));
  google.behaviour = 'publishes';
  expect(message).toMatch(/sign-in service/);
});
