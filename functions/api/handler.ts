import { setTimeout as sleep } from 'node:timers/promises';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { newToken, newUuid, systemClock } from '../../shared/adapters/ids.ts';
import { readFunctionSettings } from '../../shared/config.ts';
import { identityProblem } from '../../shared/lambda/http/identity-problems.ts';
import { cors, problems, requestLog, securityHeaders } from '../../shared/lambda/http/middleware.ts';
import { Unavailable } from '../../shared/lambda/http/problems.ts';
import { createRouter } from '../../shared/lambda/http/router.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { buildDeps, SETTINGS } from './build-deps.ts';
import { createDispatch } from './dispatch.ts';

const settings = readFunctionSettings(process.env, SETTINGS);
const logger = createLogger('api', settings.LOG_LEVEL);
const deps = buildDeps(settings, { logger, clock: systemClock, newId: newUuid, newToken, sleep });

/** Milliseconds kept back to say that the time is up, before the gateway says something less helpful. */
const RESERVE_MS = 300;
const outOfTime = (): never => {
  throw new Unavailable('This took too long and was given up. Try again.', { retryAfterSeconds: 5 });
};

/** The JSON API: everything under `/api/v1` but the pictures' bytes. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
  timeoutEarlyInMillis: RESERVE_MS,
  timeoutEarlyResponse: outOfTime,
})
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .use(httpHeaderNormalizer())
  .use(requestLog(logger))
  .use(securityHeaders())
  .use(cors(settings.CORS_ORIGINS))
  .use(problems(identityProblem))
  .handler(createRouter(['public', 'user', 'link'], createDispatch(deps)));
