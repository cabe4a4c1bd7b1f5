import { createHash, createHmac } from 'node:crypto';

/**
 * A presigned S3 URL after the specification (S3 API reference, "Authenticating requests: using query parameters"),
 * written apart from the emulator's check so that the two can disagree.
 */
export function presignUrl(
  signer: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  },
  options: {
    method?: string;
    path?: string;
    query?: Record<string, string>;
    expiresIn?: number;
    at?: Date;
  },
): string {
  const { method = 'GET', path = '/', query = {}, expiresIn = 900, at = new Date() } = options;
  const { accessKeyId, secretAccessKey, sessionToken } = signer.credentials;
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${signer.region}/s3/aws4_request`;
  const parameters: Record<string, string> = {
    ...query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresIn),
    'X-Amz-SignedHeaders': 'host',
    ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
  };
  const canonicalQuery = Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${encodeURIComponent(parameters[name] ?? '')}`)
    .join('&');
  const { host } = new URL(signer.endpoint);
  const canonical = [method, path, canonicalQuery, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash].join('\n')).toString('hex');
  return `${signer.endpoint}${path}?${canonicalQuery}&X-Amz-Signature=${signature}`;
}
