/**
 * What bundles import as `node:http`. Importing the built-in module itself as an ES module reads all its exports, among them those
 * that load the whole of `fetch` (20 ms of a cold start), which hardly any function needs; asked for like this it loads nothing else.
 */
const http = process.getBuiltinModule('node:http');

export const { Agent, request, STATUS_CODES, validateHeaderName, validateHeaderValue } = http;
export default http;
