import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { element } from '../xml.ts';
import { isoTime, NAMESPACE, replyXml, type S3Context, type SignedS3Request } from './request.ts';

/** Sub-resources that are kept as they came. Of these the emulator acts on `cors` alone. */
const CONFIGURATIONS: Record<string, { name: string; missing?: string }> = {
  cors: { name: 'BucketCors', missing: 'NoSuchCORSConfiguration' },
  lifecycle: { name: 'BucketLifecycleConfiguration', missing: 'NoSuchLifecycleConfiguration' },
  encryption: { name: 'BucketEncryption', missing: 'ServerSideEncryptionConfigurationNotFoundError' },
  policy: { name: 'BucketPolicy', missing: 'NoSuchBucketPolicy' },
  publicAccessBlock: { name: 'PublicAccessBlock', missing: 'NoSuchPublicAccessBlockConfiguration' },
  ownershipControls: { name: 'BucketOwnershipControls', missing: 'OwnershipControlsNotFoundError' },
  tagging: { name: 'BucketTagging', missing: 'NoSuchTagSet' },
  versioning: { name: 'BucketVersioning' },
  notification: { name: 'BucketNotificationConfiguration' },
};

/** The configuration a bucket request is about, by the flag in its query. */
export function configurationOf(request: { query: Map<string, string> }): { kind: string; name: string } | undefined {
  const kind = Object.keys(CONFIGURATIONS).find((candidate) => request.query.has(candidate));
  return kind === undefined ? undefined : { kind, name: CONFIGURATIONS[kind]?.name ?? kind };
}

export function putConfiguration(request: SignedS3Request, context: S3Context, kind: string, body: string): void {
  context.store.configure(request.bucket, kind, body);
  reply(request, 200, {}, '');
}

export function getConfiguration(request: SignedS3Request, context: S3Context, kind: string): void {
  const stored = context.store.configuration(request.bucket, kind);
  const { missing, name = kind } = CONFIGURATIONS[kind] ?? {};
  if (stored === undefined && missing !== undefined) {
    throw new AwsError(missing, `The bucket has no ${kind} configuration.`, 404, { BucketName: request.bucket });
  }
  const root = kind === 'versioning' ? 'VersioningConfiguration' : name.replace(/^Bucket/, '');
  const type = kind === 'policy' ? 'application/json' : 'application/xml';
  reply(request, 200, { 'content-type': type }, stored ?? element(root, {}, NAMESPACE));
}

export function deleteConfiguration(request: SignedS3Request, context: S3Context, kind: string): void {
  context.store.configure(request.bucket, kind, undefined);
  reply(request, 204, {}, '');
}

export function createBucket(request: SignedS3Request, context: S3Context): void {
  context.store.createBucket(request.bucket);
  reply(request, 200, { location: `/${request.bucket}` }, '');
}

export function headBucket(request: SignedS3Request, context: S3Context, region: string): void {
  if (!context.store.hasBucket(request.bucket)) throw new AwsError('NotFound', 'Not Found', 404);
  reply(request, 200, { 'x-amz-bucket-region': region }, '');
}

export function deleteBucket(request: SignedS3Request, context: S3Context): void {
  context.store.deleteBucket(request.bucket);
  reply(request, 204, {}, '');
}

export function listBuckets(request: SignedS3Request, context: S3Context, accountId: string): void {
  replyXml(request, 'ListAllMyBucketsResult', {
    Buckets: {
      Bucket: context.store.buckets().map(({ name, created }) => ({ Name: name, CreationDate: isoTime(created) })),
    },
    Owner: { ID: accountId },
  });
}
