import type { z } from 'zod';
import type { OpenedLink } from '../../adapters/open-link.ts';
import type { RouteId, routes } from '../../contract/routes.ts';
import type { UploadedFile } from './multipart.ts';

/** A route of the contract, by id, with the types of its schemas. */
export type RouteOf<Id extends RouteId> = Extract<(typeof routes)[number], { id: Id }>;

type ParamsOf<R> = R extends { params: infer S extends z.ZodType } ? z.output<S> : Record<never, never>;
type QueryOf<R> = R extends { query: infer S extends z.ZodType } ? z.output<S> : Record<never, never>;
type BodyOf<R> = R extends { body: { schema: infer S extends z.ZodType } }
  ? z.output<S>
  : R extends { body: { type: 'multipart' } }
    ? { files: UploadedFile[] }
    : undefined;
/** A link that opens, as it was found. */
type LinkOf<R> = R extends { access: 'link' } ? OpenedLink : undefined;
type UserOf<R> = R extends { access: 'user' } ? User : undefined;
type BodyAt<T> = T extends z.ZodType ? z.input<T> : T extends null ? null : string;

/** Who asks, as the authorizer found out. Times are seconds since the epoch. */
export interface User {
  user_id: string;
  auth_time: number;
  exp: number;
}

/** A request that has passed the contract. */
export interface Request<R> {
  params: ParamsOf<R>;
  query: QueryOf<R>;
  body: BodyOf<R>;
  user: UserOf<R>;
  link: LinkOf<R>;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Where the API begins for this client, such as `/dev/api/v1`: for links to other routes. */
  basePath: string;
  /** The same with its host, such as `https://host/dev/api/v1`: for links that must be absolute. */
  apiUrl: string;
}
export type RequestOf<Id extends RouteId> = Request<RouteOf<Id>>;

/** An answer the contract knows: one of the route's success statuses with its body. Problems are thrown. */
type ResponseOf<Id extends RouteId> = {
  [Status in keyof RouteOf<Id>['responses'] & number]: {
    status: Status;
    body: BodyAt<RouteOf<Id>['responses'][Status]>;
    headers?: Record<string, string>;
  };
}[keyof RouteOf<Id>['responses'] & number];

export interface AnyResponse {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** One route, after validation and before rendering. */
export type UseCase<Id extends RouteId, Deps> = (request: RequestOf<Id>, deps: Deps) => Promise<ResponseOf<Id>>;
