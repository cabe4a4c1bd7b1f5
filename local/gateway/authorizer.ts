import * as z from 'zod';
import type { LambdaHost } from '../lambda-host.ts';
import { matchesPattern, type Permissions } from '../permissions.ts';
import type { ApiDefinition, AuthorizerDefinition } from './api.ts';
import { createProxyEvent, type GatewayRequest, header, methodArn } from './event.ts';
import { GatewayRefusal } from './responses.ts';
import type { Match } from './routes.ts';

/** What an authorizer adds to `requestContext.authorizer`: the principal and its own values, all as text. */
export type AuthorizerContext = Readonly<Record<string, string>>;

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const answerSchema = z.object({
  principalId: z.string().min(1),
  policyDocument: z.object({
    Statement: z.array(z.object({ Effect: z.enum(['Allow', 'Deny']), Action: oneOrMore, Resource: oneOrMore })),
  }),
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
});
type Answer = z.infer<typeof answerSchema>;

interface Parts {
  readonly api: ApiDefinition;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly permissions: Permissions;
  /** ARN → name of the stack's functions. */
  readonly functionNames: ReadonlyMap<string, string>;
  readonly clock: () => Date;
}

function identityOf(source: string, request: GatewayRequest): string | undefined {
  const [, place, name = ''] = /^method\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'header') return header(request, name);
  if (place === 'querystring') return request.query.findLast(([key]) => key === name)?.[1];
  return undefined;
}

/** IAM's rule: an explicit deny wins, and what nothing allows is denied. */
function decide({ policyDocument }: Answer, arn: string): 'allowed' | 'denied' | 'explicitly denied' {
  const about = policyDocument.Statement.filter(
    ({ Action, Resource }) =>
      Action.some((action) => matchesPattern(action.toLowerCase(), 'execute-api:invoke')) &&
      Resource.some((resource) => matchesPattern(resource, arn)),
  );
  if (about.some(({ Effect }) => Effect === 'Deny')) return 'explicitly denied';
  return about.length > 0 ? 'allowed' : 'denied';
}

/**
 * Lambda authorizers with their cache. Answers are kept per identity for the authorizer's time to live, whatever the method: a
 * cached policy that does not name the next method denies it, which is why it should name them all.
 * @returns a function that resolves to the context, or throws the `GatewayRefusal` API Gateway would answer with
 */
export function createAuthorizer(
  parts: Parts,
): (definition: AuthorizerDefinition, request: GatewayRequest, match: Match) => Promise<AuthorizerContext> {
  const { api, host, permissions, functionNames, clock } = parts;
  const cache = new Map<string, { readonly answer: Answer; readonly until: number }>();

  async function ask(
    definition: AuthorizerDefinition,
    request: GatewayRequest,
    match: Match,
    token: string,
  ): Promise<Answer> {
    const { id, functionArn, type } = definition;
    const sourceArn = `arn:aws:execute-api:${api.region}:${api.accountId}:${api.id}/authorizers/${id}`;
    const name = functionNames.get(functionArn);
    if (name === undefined || !permissions.mayInvoke(functionArn, 'apigateway.amazonaws.com', sourceArn)) {
      throw new GatewayRefusal(
        'AUTHORIZER_CONFIGURATION_ERROR',
        `no permission lets ${sourceArn} invoke ${functionArn}`,
      );
    }
    const arn = methodArn(api, request.httpMethod, request.path);
    const event =
      type === 'TOKEN'
        ? { type, methodArn: arn, authorizationToken: token }
        : { type, methodArn: arn, ...createProxyEvent(api, request, match) };
    const result = await host.invoke(name, event);
    if (!result.ok) {
      // Only this very wording is an answer; everything else is a failure of the authorizer.
      const { errorMessage } = result.error;
      throw new GatewayRefusal(errorMessage === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE', errorMessage);
    }
    const answer = answerSchema.safeParse(JSON.parse(result.payload));
    if (answer.success) return answer.data;
    throw new GatewayRefusal(
      'AUTHORIZER_CONFIGURATION_ERROR',
      `the authorizer's answer: ${z.prettifyError(answer.error)}`,
    );
  }

  return async (definition, request, match) => {
    const identities = definition.identitySources.map((source) => identityOf(source, request));
    const valid = identities.every((value) => value && (definition.validation?.test(value) ?? true));
    if (!valid)
      throw new GatewayRefusal('UNAUTHORIZED', `missing or malformed ${definition.identitySources.join(', ')}`);

    const key = JSON.stringify([definition.id, ...identities]);
    const now = clock().getTime();
    const cached = cache.get(key);
    const fresh = cached && now < cached.until ? cached.answer : undefined;
    const answer = fresh ?? (await ask(definition, request, match, identities[0] ?? ''));
    if (!fresh && definition.ttlSeconds > 0) cache.set(key, { answer, until: now + definition.ttlSeconds * 1000 });

    const arn = methodArn(api, request.httpMethod, request.path);
    const decision = decide(answer, arn);
    if (decision !== 'allowed') {
      const wording = 'User is not authorized to access this resource';
      const message = decision === 'denied' ? wording : `${wording} with an explicit deny`;
      throw new GatewayRefusal('ACCESS_DENIED', `the policy of ${answer.principalId} does not allow ${arn}`, message);
    }
    const context = Object.entries(answer.context).map(([name, value]) => [name, String(value)]);
    return { ...Object.fromEntries(context), principalId: answer.principalId };
  };
}
