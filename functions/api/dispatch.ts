import type { RouteId } from '../../shared/contract/routes.ts';
import { readRequest, readUser } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse } from '../../shared/lambda/http/use-case.ts';
import type { Deps } from './deps.ts';
import { useCases } from './use-cases.ts';

/** The types that `readRequest` has just established, which no compiler can follow through a table. */
type AnyUseCase = (request: unknown, deps: Deps) => Promise<AnyResponse>;

/** Who asks, whether their session still holds, whether the request is as the contract says; then the route's use case. */
export function createDispatch(deps: Deps): Dispatch {
  const loaded: Partial<Record<RouteId, () => Promise<unknown>>> = useCases;

  return async function dispatch(route, event) {
    const load = loaded[route.id];
    if (!load) throw new Error(`The contract's route ${route.id} has no use case`);
    const user = route.access === 'user' ? readUser(event) : undefined;
    if (user) await deps.assertSessionAlive(user);
    const request = { ...(await readRequest(route, event)), user };
    const useCase = (await load()) as AnyUseCase;
    return useCase(request, deps);
  };
}
