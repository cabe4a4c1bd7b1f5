/**
 * What bundles import as `google-auth-library`, which lies beside them in a file of its own: firebase-admin loads it with all else, and
 * needs it where it acts as a service account, not to verify tokens. It is read when something of it is asked for.
 */
module.exports = new Proxy({}, { get: (_, name: string) => require('./google-auth-library.mjs').default[name] });
