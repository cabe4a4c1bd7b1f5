import { AwsError } from '../errors.ts';

const KEPT = new Set([
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  'x-amz-storage-class',
  'x-amz-website-redirect-location',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
]);
const MAX_USER_METADATA_BYTES = 2048;

/**
 * The headers an object keeps, from a request's headers or a form's fields (names in lower case).
 * @throws AwsError MetadataTooLarge
 */
export function objectHeaders(source: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept: Record<string, string> = {
    'content-type': 'binary/octet-stream',
    'x-amz-server-side-encryption': 'AES256',
  };
  let userBytes = 0;
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : value;
    if (name.startsWith('x-amz-meta-')) {
      userBytes += Buffer.byteLength(name) - 'x-amz-meta-'.length + Buffer.byteLength(text);
      kept[name] = text;
    } else if (KEPT.has(name)) {
      kept[name] = text;
    } else if (name === 'content-encoding') {
      // `aws-chunked` belongs to the transfer, not to the object.
      const encoding = text
        .split(',')
        .filter((part) => part.trim() !== 'aws-chunked')
        .join(',')
        .trim();
      if (encoding !== '') kept[name] = encoding;
    }
  }
  if (userBytes > MAX_USER_METADATA_BYTES) {
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
      Size: userBytes,
      MaxSizeAllowed: MAX_USER_METADATA_BYTES,
    });
  }
  return kept;
}

/** Checksums as response headers. */
export function checksumHeaders(checksums: Record<string, string>): Record<string, string> {
  const headers = Object.entries(checksums).map(([algorithm, value]) => [`x-amz-checksum-${algorithm}`, value]);
  if (headers.length > 0) headers.push(['x-amz-checksum-type', 'FULL_OBJECT']);
  return Object.fromEntries(headers);
}
