import type { APIGatewayProxyEvent } from 'aws-lambda';
import { API_PREFIX } from '../../contract/routes.ts';

/** Bytes of the body as the client sent it. */
export function bodyBytes({ body, isBase64Encoded }: APIGatewayProxyEvent): number {
  if (!body) return 0;
  return isBase64Encoded ? Buffer.byteLength(body, 'base64') : Buffer.byteLength(body);
}

/**
 * The API's version is the last part of its prefix. What comes before is the gateway's stage, which `event.path` leaves out, or
 * whatever a domain of one's own maps there, which it does not.
 */
const VERSION_PART = API_PREFIX.slice(API_PREFIX.lastIndexOf('/'));
const BEGINNING = new RegExp(`^(?:/[^/]+)*?${VERSION_PART}(?=/|$)`);

/** Where the API begins for this client, such as `/api/v1`. */
export function basePath({ requestContext, path }: APIGatewayProxyEvent): string {
  return BEGINNING.exec(requestContext.path ?? path)?.[0] ?? API_PREFIX;
}

/** The path as the contract has it: what follows the API's beginning. */
export function routePath({ path }: APIGatewayProxyEvent): string {
  return path.replace(BEGINNING, '') || '/';
}
