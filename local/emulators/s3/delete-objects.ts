import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { childrenOf, textOf } from '../xml.ts';
import { replyXml, type S3Context, type SignedS3Request } from './request.ts';

const MAX_KEYS = 1000;

export function deleteObject(request: SignedS3Request, context: S3Context): void {
  context.store.delete(request.bucket, request.key);
  reply(request, 204, {}, '');
}

/** DeleteObjects: up to 1,000 keys; a key that is not there counts as deleted. */
export function deleteObjects(request: SignedS3Request, context: S3Context, body: string): void {
  const keys = childrenOf(body, 'Object').map((object) => textOf(object, 'Key') ?? '');
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('')) {
    throw new AwsError('MalformedXML', `DeleteObjects takes 1 to ${MAX_KEYS} keys; got ${keys.length}.`);
  }
  for (const key of keys) context.store.delete(request.bucket, key);
  const quiet = textOf(body, 'Quiet') === 'true';
  replyXml(request, 'DeleteResult', { Deleted: quiet ? [] : keys.map((key) => ({ Key: key })) });
}
