import { createTableClient } from '../../shared/adapters/clients.ts';
import { createAuthenticate, createSessionCheck } from '../../shared/adapters/identity/sessions.ts';
import { createTokenVerifier } from '../../shared/adapters/identity/token-verifier.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { readFunctionSettings } from '../../shared/config.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { createAuthorize } from './authorize.ts';

const settings = readFunctionSettings(process.env, ['LOG_LEVEL', 'GOOGLE_CLOUD_PROJECT', 'TABLE_NAME']);
const profiles = createProfiles(createTableClient(), settings.TABLE_NAME, systemClock);

/** The gateway's TOKEN authorizer: may the bearer of this Firebase ID token call the API? */
export const handler = createAuthorize({
  logger: createLogger('authorizer', settings.LOG_LEVEL),
  authenticate: createAuthenticate({
    verifier: createTokenVerifier({ projectId: settings.GOOGLE_CLOUD_PROJECT }),
    assertSessionAlive: createSessionCheck({ profiles, clock: systemClock }),
  }),
});
