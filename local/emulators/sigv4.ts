import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The part of a request that Signature Version 4 covers, exactly as it came over the wire. */
export interface SignableRequest {
  method: string;
  /** The path as sent, still percent-encoded. */
  rawPath: string;
  /** The query as sent, without `?`, still percent-encoded. */
  rawQuery: string;
  headers: IncomingHttpHeaders;
}

/** `20260131/eu-central-1/s3/aws4_request`, taken apart. */
export interface CredentialScope {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer | KeyObject, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** RFC 3986 percent-encoding, as SigV4 wants it (stricter than encodeURIComponent). */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Reads `key/date/region/service/aws4_request`; undefined if it is anything else. */
export function parseCredential(credential: string): CredentialScope | undefined {
  const parts = credential.split('/');
  const terminator = parts.pop();
  const [service, region, date] = [parts.pop(), parts.pop(), parts.pop()];
  const accessKeyId = parts.join('/');
  if (terminator !== 'aws4_request' || !service || !region || !date || !accessKeyId) return undefined;
  return { accessKeyId, date, region, service };
}

/** Reads an `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` header. */
export function parseAuthorization(
  header: string,
): { scope: CredentialScope; signedHeaders: string[]; signature: string } | undefined {
  if (!header.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = new Map<string, string>();
  for (const part of header.slice(ALGORITHM.length).split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const scope = parseCredential(fields.get('Credential') ?? '');
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders')?.split(';');
  return scope && signature && signedHeaders ? { scope, signedHeaders, signature } : undefined;
}

/** Query pairs, decoded, in the order sent. A `+` stays a plus, as in SigV4. */
export function queryPairs(rawQuery: string): [string, string][] {
  if (rawQuery === '') return [];
  return rawQuery.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

/**
 * The canonical request of Signature Version 4 (AWS General Reference, "Create a signed AWS API request").
 * S3 keeps the path as the client encoded it; every other service encodes it once more.
 */
export function canonicalRequest(
  request: SignableRequest,
  signedHeaders: string[],
  payloadHash: string,
  service: string,
): string {
  const path =
    service === 's3'
      ? request.rawPath.split('/').map(decodeURIComponent).map(uriEncode).join('/')
      : request.rawPath.split('/').map(uriEncode).join('/');
  const query = queryPairs(request.rawQuery)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name];
    const text = Array.isArray(value) ? value.join(',') : (value ?? '');
    return `${name}:${text.trim().replace(/\s+/g, ' ')}\n`;
  });
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payloadHash].join('\n');
}

const MAX_CACHED_KEYS = 100;
const signingKeys = new Map<string, KeyObject>();

/** The key of one day, region and service, from which all of its signatures come. The last ones are kept. */
function signingKey(secretAccessKey: string, { date, region, service }: CredentialScope): KeyObject {
  const name = [secretAccessKey, date, region, service].join('\n');
  let key = signingKeys.get(name);
  if (!key) {
    const steps = [date, region, service, 'aws4_request'];
    key = createSecretKey(steps.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`) as Buffer);
    if (signingKeys.size >= MAX_CACHED_KEYS) signingKeys.clear();
    signingKeys.set(name, key);
  }
  return key;
}

/** What is signed for a request: algorithm, time, scope and the hash of the canonical request. */
export function stringToSign(amzDate: string, scope: CredentialScope, canonical: string): string {
  const scopeText = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  return [ALGORITHM, amzDate, scopeText, sha256Hex(canonical)].join('\n');
}

/** Whether `signature` (hex) is the one of `text` under this secret and scope; compared in constant time. */
export function signatureMatches(
  secretAccessKey: string,
  scope: CredentialScope,
  text: string,
  signature: string,
): boolean {
  const expected = hmac(signingKey(secretAccessKey, scope), text);
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** `20260131T235959Z` as a Date, or undefined. */
export function parseAmzDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
