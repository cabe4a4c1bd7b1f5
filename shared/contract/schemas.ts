/** The shapes that go over the wire. Validation, types, OpenAPI and client types all come from here. */

export * from './schemas/accounts.ts';
export * from './schemas/clusters.ts';
export * from './schemas/common.ts';
export * from './schemas/edits.ts';
export * from './schemas/images.ts';
export * from './schemas/people.ts';
export * from './schemas/search.ts';
export * from './schemas/service.ts';
