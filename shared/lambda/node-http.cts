/**
 * What bundles import, and packages in them require, as `node:http`. Asking for the built-in module itself in either way reads all its
 * exports, among them those that load the whole of `fetch` (20 ms of a cold start), which hardly any function needs; asked for like
 * this it loads nothing else.
 */
module.exports = process.getBuiltinModule('node:http');
