/**
 * What bundles import as `jwks-rsa`, which lies beside them in a file of its own: firebase-admin loads it with all else, and asks it for
 * App Check's keys only, never for those of ID tokens.
 */
module.exports = (...options: unknown[]) => require('./jwks-rsa.mjs').default(...options);
