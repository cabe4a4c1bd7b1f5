import type { CorsOptions } from 'aws-cdk-lib/aws-apigateway';

const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'If-None-Match', 'Prefer', 'Range', 'Share-Access'];
const RESPONSE_HEADERS = ['Content-Range', 'ETag', 'Location', 'Preference-Applied', 'Retry-After'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Answers to browsers that ask before they call; none where no origin is allowed. */
export function preflight(origins: readonly string[]): CorsOptions | undefined {
  if (origins.length === 0) return undefined;
  return {
    allowOrigins: [...origins],
    allowHeaders: REQUEST_HEADERS,
    allowMethods: METHODS,
    exposeHeaders: RESPONSE_HEADERS,
    disableCache: false,
  };
}

/**
 * Headers by which a browser lets a page read an answer the gateway made itself. Such an answer is fixed, so it can name one
 * origin only; with several it repeats the asking one, which tells a stranger’s page no more than that it was refused.
 */
export function errorHeaders(origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  const [only] = origins;
  const origin = origins.length === 1 ? `'${only}'` : 'method.request.header.Origin';
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': `'${RESPONSE_HEADERS.join(',')}'`,
    Vary: "'Origin'",
  };
}
