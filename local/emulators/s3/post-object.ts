import { rm } from 'node:fs/promises';
import type { Authenticator } from '../authenticator.ts';
import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { uriEncode } from '../sigv4.ts';
import { chunksOf, writeTo } from './body.ts';
import { announced, Digests, verifyChecksums } from './checksums.ts';
import { entityTooLarge, noSuchBucket } from './errors.ts';
import { readUploadForm, type UploadForm } from './form.ts';
import { objectHeaders } from './metadata.ts';
import { checkPolicy } from './policy.ts';
import { store } from './put-object.ts';
import { header, replyXml, type S3Context, type S3Request } from './request.ts';

/** Forms carry photos: more than this is refused whatever the policy says. */
const MAX_FORM_FILE_BYTES = 50 * 1024 * 1024;

/** Checks who signed the form's policy. @throws AwsError AccessDenied, InvalidArgument, SignatureDoesNotMatch … */
function authenticate(fields: UploadForm['fields'], authenticator: Authenticator): string {
  const { policy } = fields;
  if (policy === undefined) throw new AwsError('AccessDenied', 'Access Denied: the form carries no policy.', 403);
  const missing = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'].find(
    (name) => !fields[name],
  );
  if (missing)
    throw new AwsError('InvalidArgument', `Bucket POST must contain a field named '${missing}'.`, 400, {
      ArgumentName: missing,
    });
  if (fields['x-amz-algorithm'] !== 'AWS4-HMAC-SHA256') {
    throw new AwsError('InvalidArgument', "X-Amz-Algorithm only supports 'AWS4-HMAC-SHA256'");
  }
  const { 'x-amz-credential': credential = '', 'x-amz-signature': signature = '' } = fields;
  authenticator.verifyPolicy(policy, credential, signature, fields['x-amz-security-token']);
  return policy;
}

/** PostObject: a browser's upload form, as presigned by `createPresignedPost`. */
export async function postObject(request: S3Request, context: S3Context, authenticator: Authenticator): Promise<void> {
  const { bucket } = request;
  if (!context.store.hasBucket(bucket)) throw noSuchBucket(bucket);
  const form = await readUploadForm(chunksOf(request.request), header(request, 'content-type') ?? '');
  const { fields } = form;
  const key = fields.key?.replace(/\$\{filename\}/g, () => form.filename) ?? '';
  if (key === '') {
    throw new AwsError(
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields.",
      400,
      { ArgumentName: 'key' },
    );
  }
  const policy = authenticate(fields, authenticator);
  const range = checkPolicy(policy, { ...fields, key }, bucket, context.clock());
  const headers = objectHeaders(fields);
  const expected = announced(fields);

  const most = Math.min(range?.most ?? MAX_FORM_FILE_BYTES, MAX_FORM_FILE_BYTES);
  const digests = new Digests(expected.keys());
  const path = context.store.blobs.incoming();
  await writeTo(path, form.file, digests, most, () => entityTooLarge(undefined, most));
  try {
    if (range && digests.size < range.least) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
        ProposedSize: digests.size,
        MinSizeAllowed: range.least,
      });
    }
    verifyChecksums(expected, digests);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const etag = `"${digests.bytes('md5').toString('hex')}"`;
  const checksums = Object.fromEntries(expected);
  const object = { bucket, key, size: digests.size, etag, headers, checksums, parts: null };
  await store(context, path, object, 's3:ObjectCreated:Post');

  const location = `http://${header(request, 'host')}/${bucket}/${key.split('/').map(uriEncode).join('/')}`;
  const redirect = fields.success_action_redirect;
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket, key, etag })) target.searchParams.set(name, value);
    reply(request, 303, { location: target.href, etag }, '');
    return;
  }
  request.response.setHeader('etag', etag);
  request.response.setHeader('location', location);
  if (fields.success_action_status === '201') {
    replyXml(request, 'PostResponse', { Location: location, Bucket: bucket, Key: key, ETag: etag }, 201);
  } else {
    reply(request, fields.success_action_status === '200' ? 200 : 204, {}, '');
  }
}
