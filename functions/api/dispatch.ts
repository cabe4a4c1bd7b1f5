import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { OpenedLink } from '../../shared/adapters/open-link.ts';
import type { Route, RouteId } from '../../shared/contract/routes.ts';
import type { Caller } from '../../shared/domain/authorize.ts';
import { enforce, readLink } from '../../shared/lambda/http/authorization.ts';
import { readRequest, readUser } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse, User } from '../../shared/lambda/http/use-case.ts';
import type { Deps } from './deps.ts';
import { useCases } from './use-cases.ts';

/** The types that `readRequest` has just established, which no compiler can follow through a table. */
type AnyUseCase = (request: unknown, deps: Deps) => Promise<AnyResponse>;

interface Identified {
  caller: Caller;
  user?: User | undefined;
  link?: OpenedLink | undefined;
}

/** Who asks, whether they may, whether the request is as the contract says; then the route's use case. */
export function createDispatch(deps: Deps): Dispatch {
  const loaded: Partial<Record<RouteId, () => Promise<unknown>>> = useCases;

  /** Their session is asked after, too: it may have ended since the gateway asked. */
  async function identify({ access }: Route, event: APIGatewayProxyEvent): Promise<Identified> {
    if (access === 'link') return readLink(event, deps.openLink);
    if (access === 'public' || !event.requestContext.authorizer) return { caller: { kind: 'anonymous' } };
    const user = readUser(event);
    await deps.assertSessionAlive(user);
    return { caller: { kind: 'user', user_id: user.user_id }, user };
  }

  return async function dispatch(route, event) {
    const load = loaded[route.id];
    if (!load) throw new Error(`The contract's route ${route.id} has no use case`);
    const { caller, user, link } = await identify(route, event);
    enforce(route, caller);
    const request = { ...(await readRequest(route, event)), user, link };
    const useCase = (await load()) as AnyUseCase;
    return useCase(request, deps);
  };
}
