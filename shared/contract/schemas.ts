/** The shapes that go over the wire. Validation, types, OpenAPI and client types all come from here. */

export * from './schemas/accounts.ts';
export * from './schemas/albums.ts';
export * from './schemas/clusters.ts';
export * from './schemas/common.ts';
export * from './schemas/dashboard.ts';
export * from './schemas/downloads.ts';
export * from './schemas/edits.ts';
export * from './schemas/images.ts';
export * from './schemas/links.ts';
export * from './schemas/people.ts';
export * from './schemas/search.ts';
export * from './schemas/service.ts';
export * from './schemas/timeline.ts';
export * from './schemas/trash.ts';
