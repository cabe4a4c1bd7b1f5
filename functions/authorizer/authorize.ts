import type { APIGatewayAuthorizerResult, Context } from 'aws-lambda';
import { InvalidToken } from '../../shared/adapters/identity/errors.ts';
import type { Authenticate } from '../../shared/adapters/identity/sessions.ts';
import type { Logger } from '../../shared/lambda/logger.ts';

/** The gateway turns an error of exactly this message into 401, and any other into 500. */
export class Unauthorized extends Error {
  constructor() {
    super('Unauthorized');
  }
}

/**
 * `arn:aws:execute-api:region:account:api/stage/METHOD/path` → every method and path of the stage. The gateway caches the answer
 * per token, and would refuse the next route if only this one were named.
 */
export function wholeStage(methodArn: string): string {
  const [api, stage] = methodArn.split('/');
  if (!api || !stage) throw new Error(`Expected a method ARN (…:api/stage/METHOD/path), got ${methodArn}`);
  return `${api}/${stage}/*/*`;
}

/** What is said about a refused token in the log: never the token, and no more of what it claims than a line. */
const LONGEST_REASON = 200;
function reason({ cause }: InvalidToken): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, LONGEST_REASON);
}

/** Throws `Unauthorized` for a bad token; anything else is thrown as it came. */
export function createAuthorize({ authenticate, logger }: { authenticate: Authenticate; logger: Logger }) {
  return async function authorize(
    event: { authorizationToken?: string | undefined; methodArn: string },
    context?: Context,
  ): Promise<APIGatewayAuthorizerResult> {
    if (context) logger.addContext(context);
    const resource = wholeStage(event.methodArn);
    const claims = await authenticate(event.authorizationToken).catch((error: unknown) => {
      if (error instanceof InvalidToken) {
        logger.info('refused a token', { reason: reason(error) });
        throw new Unauthorized();
      }
      logger.error('could not verify a token', error instanceof Error ? error : String(error));
      throw error;
    });
    return {
      principalId: claims.user_id,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: resource }],
      },
      // The gateway knows only strings, numbers and booleans here, and hands all on as strings.
      context: {
        user_id: claims.user_id,
        auth_time: String(claims.auth_time),
        exp: String(claims.exp),
        email_verified: String(claims.email_verified),
      },
    };
  };
}
