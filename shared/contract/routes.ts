import { albumRoutes } from './routes/albums.ts';
import { authRoutes } from './routes/auth.ts';
import { clusterRoutes } from './routes/clusters.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { downloadRoutes } from './routes/downloads.ts';
import { imageRoutes } from './routes/images.ts';
import { jobRoutes } from './routes/jobs.ts';
import { linkRoutes } from './routes/links.ts';
import { mediaRoutes } from './routes/media.ts';
import { peopleRoutes } from './routes/people.ts';
import type { Access, Pace, Route } from './routes/route.ts';
import { searchRoutes } from './routes/search.ts';
import { serviceRoutes } from './routes/service.ts';
import { trashRoutes } from './routes/trash.ts';

export type { Access, Pace, Route } from './routes/route.ts';

/**
 * Every route, once. The gateway's methods, the router, the validation, `/openapi.json` and `/docs` are made from this table;
 * paths are below `API_PREFIX`.
 */
export const routes = [
  ...authRoutes,
  ...imageRoutes,
  ...trashRoutes,
  ...clusterRoutes,
  ...albumRoutes,
  ...searchRoutes,
  ...mediaRoutes,
  ...peopleRoutes,
  ...dashboardRoutes,
  ...linkRoutes,
  ...jobRoutes,
  ...downloadRoutes,
  ...serviceRoutes,
] as const satisfies readonly Route[];

/** Every path of the API begins with it. */
export const API_PREFIX = '/api/v1';

export type RouteId = (typeof routes)[number]['id'];

/** What the gateway needs to know of a route or of an alias. */
export interface Endpoint {
  id: RouteId;
  method: Route['method'];
  path: string;
  access: Access;
  pace?: Pace;
  deprecated: boolean;
  /** Where clients of a deprecated endpoint should go. */
  successor?: string;
}

const paceOf = ({ pace, responses }: Route): { pace?: Pace } => {
  const found = pace ?? (202 in responses ? 'work' : undefined);
  return found ? { pace: found } : {};
};

/** Every method and path that is served, aliases included. */
export const endpoints: readonly Endpoint[] = (routes as readonly (Route & { id: RouteId })[]).flatMap((route) => [
  {
    id: route.id,
    method: route.method,
    path: route.path,
    access: route.access,
    ...paceOf(route),
    deprecated: route.deprecated ?? false,
    ...(route.successor && { successor: route.successor }),
  },
  ...(route.aliases ?? []).map((alias) => ({
    id: route.id,
    method: alias.method ?? route.method,
    path: alias.path,
    access: route.access,
    ...paceOf(route),
    deprecated: true,
    successor: route.path,
  })),
]);
