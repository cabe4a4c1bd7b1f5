/** Apart from the schemas, so that what only looks at sizes need not load them all. */
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
