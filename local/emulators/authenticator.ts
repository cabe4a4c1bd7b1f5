import type { CredentialStore, Identity } from './credentials.ts';
import { AwsError } from './errors.ts';
import {
  ALGORITHM,
  type CredentialScope,
  canonicalRequest,
  parseAmzDate,
  parseAuthorization,
  parseCredential,
  queryPairs,
  type SignableRequest,
  signatureMatches,
  stringToSign,
} from './sigv4.ts';

const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

export interface Authentication {
  identity: Identity;
  /** The payload hash the signature vouches for: a SHA-256 in hex, `UNSIGNED-PAYLOAD` or a `STREAMING-…` marker. */
  payloadHash: string;
}

export interface Authenticator {
  /**
   * Checks a request signed in its headers or its query.
   * @param payloadHash the body's SHA-256 where it is already known; else what the request itself declares (S3)
   * @throws AwsError with the codes S3 and the JSON services use
   */
  verify(request: SignableRequest, service: string, payloadHash?: string): Authentication;
  /** Checks the signature of an S3 POST policy: the base64 text itself is what is signed. */
  verifyPolicy(policy: string, credential: string, signature: string, sessionToken: string | undefined): Identity;
}

/** The service a request is meant for, by its credential scope; undefined when nothing is signed (or not in V4). */
export function scopeOf(request: SignableRequest): CredentialScope | undefined {
  const header = request.headers.authorization;
  if (header) return parseAuthorization(header)?.scope;
  const credential = /(?:^|&)X-Amz-Credential=([^&]*)/.exec(request.rawQuery)?.[1];
  return credential === undefined ? undefined : parseCredential(decodeURIComponent(credential));
}

/** Checks AWS signatures (Signature Version 4) against the local account's credentials. */
export function createAuthenticator(credentials: CredentialStore, region: string, clock: () => Date): Authenticator {
  function checkScope(scope: CredentialScope, service: string): void {
    if (scope.region !== region || scope.service !== service) {
      throw new AwsError(
        'AuthorizationHeaderMalformed',
        `The credential scope is for ${scope.service} in ${scope.region}; expecting ${service} in '${region}'. Set AWS_REGION=${region}.`,
      );
    }
  }

  function checkSignature(
    request: SignableRequest,
    parts: { scope: CredentialScope; signedHeaders: string[]; signature: string },
    amzDate: string,
    payloadHash: string,
    sessionToken: string | undefined,
  ): Identity {
    const { scope, signedHeaders, signature } = parts;
    if (!signedHeaders.includes('host')) {
      throw new AwsError('AccessDenied', "'host' must be among the signed headers.", 403);
    }
    const unsigned = Object.keys(request.headers).filter(
      (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signedHeaders.includes(name),
    );
    if (unsigned.length > 0) {
      throw new AwsError('AccessDenied', 'There were headers present in the request which were not signed', 403, {
        HeadersNotSigned: unsigned.join(', '),
      });
    }
    const { secretAccessKey, identity } = credentials.resolve(scope.accessKeyId, sessionToken);
    const canonical = canonicalRequest(request, signedHeaders, payloadHash, scope.service);
    const text = stringToSign(amzDate, scope, canonical);
    if (amzDate.slice(0, 8) !== scope.date || !signatureMatches(secretAccessKey, scope, text, signature)) {
      throw new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        403,
        { StringToSign: text, CanonicalRequest: canonical },
      );
    }
    return identity;
  }

  function verifyHeader(request: SignableRequest, header: string, service: string, known?: string): Authentication {
    const parts = parseAuthorization(header);
    if (!parts) {
      throw new AwsError('InvalidRequest', `The authorization mechanism is not supported. Please use ${ALGORITHM}.`);
    }
    checkScope(parts.scope, service);
    const amzDate = String(request.headers['x-amz-date'] ?? '');
    const date = parseAmzDate(amzDate);
    if (!date) throw new AwsError('AccessDenied', 'AWS authentication requires a valid x-amz-date header', 403);
    if (Math.abs(date.getTime() - clock().getTime()) > MAX_SKEW_MS) {
      throw new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        403,
      );
    }
    const declared = request.headers['x-amz-content-sha256'];
    const payloadHash = known ?? (typeof declared === 'string' ? declared : undefined);
    if (payloadHash === undefined) {
      throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
    }
    const token = request.headers['x-amz-security-token'];
    const sessionToken = typeof token === 'string' ? token : undefined;
    return { identity: checkSignature(request, parts, amzDate, payloadHash, sessionToken), payloadHash };
  }

  function verifyQuery(request: SignableRequest, service: string): Authentication {
    const query = new Map(queryPairs(request.rawQuery));
    const malformed = (message: string) => new AwsError('AuthorizationQueryParametersError', message);
    const scope = parseCredential(query.get('X-Amz-Credential') ?? '');
    const amzDate = query.get('X-Amz-Date') ?? '';
    const signature = query.get('X-Amz-Signature');
    const signedHeaders = query.get('X-Amz-SignedHeaders');
    const expires = query.get('X-Amz-Expires') ?? '';
    const date = parseAmzDate(amzDate);
    if (query.get('X-Amz-Algorithm') !== ALGORITHM || !scope || !signature || !signedHeaders || !date) {
      throw malformed(
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      );
    }
    if (!/^\d+$/.test(expires)) throw malformed('X-Amz-Expires should be a number');
    const seconds = Number(expires);
    if (seconds > MAX_EXPIRES_SECONDS) throw malformed('X-Amz-Expires must be less than a week (in seconds)');
    checkScope(scope, service);
    const now = clock().getTime();
    if (date.getTime() > now + MAX_SKEW_MS) throw new AwsError('AccessDenied', 'Request is not yet valid', 403);
    if (date.getTime() + seconds * 1000 < now) {
      const details = {
        'X-Amz-Expires': expires,
        Expires: new Date(date.getTime() + seconds * 1000).toISOString(),
        ServerTime: clock().toISOString(),
      };
      throw new AwsError('AccessDenied', 'Request has expired', 403, details);
    }
    const payloadHash = query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD';
    const parts = { scope, signedHeaders: signedHeaders.split(';'), signature };
    const token = query.get('X-Amz-Security-Token');
    return { identity: checkSignature(request, parts, amzDate, payloadHash, token), payloadHash };
  }

  return {
    verify(request, service, payloadHash) {
      const header = request.headers.authorization;
      if (header) return verifyHeader(request, header, service, payloadHash);
      if (request.rawQuery.includes('X-Amz-Signature=')) return verifyQuery(request, service);
      throw new AwsError('AccessDenied', 'Access Denied: this request is not signed.', 403);
    },
    verifyPolicy(policy, credential, signature, sessionToken) {
      const scope = parseCredential(credential);
      if (!scope) throw new AwsError('InvalidArgument', `x-amz-credential is malformed: ${credential}`);
      checkScope(scope, 's3');
      const { secretAccessKey, identity } = credentials.resolve(scope.accessKeyId, sessionToken);
      if (!signatureMatches(secretAccessKey, scope, policy, signature)) {
        throw new AwsError(
          'SignatureDoesNotMatch',
          'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
          403,
          { StringToSign: policy },
        );
      }
      return identity;
    },
  };
}
