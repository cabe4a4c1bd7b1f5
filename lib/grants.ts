import type { Role } from 'aws-cdk-lib/aws-iam';
import { allow } from './permissions.ts';
import type { QueueName, Queues } from './queues.ts';
import type { Storage } from './storage.ts';

/** Parts of the bucket, as key prefixes. */
export const incoming = 'incoming/*';
export const originals = 'originals/*';
export const thumbnails = 'thumbnails/*';
export const raw = 'raw/*';
export const jobs = 'jobs/*';
export const downloads = 'downloads/*';
export type Part = typeof incoming | typeof originals | typeof thumbnails | typeof raw | typeof jobs | typeof downloads;

/** What a function may do with the objects below certain prefixes. */
interface ObjectAccess {
  readonly read?: readonly Part[];
  readonly write?: readonly Part[];
  readonly remove?: readonly Part[];
  /** It writes in pieces, and takes back those of an object that could not be finished. */
  readonly inPieces?: readonly Part[];
  /** It asks for objects that may not be there, and must be told so. */
  readonly absent?: boolean;
}

type TableOperation = 'BatchGetItem' | 'BatchWriteItem' | 'DeleteItem' | 'GetItem' | 'PutItem' | 'Query' | 'UpdateItem';
type VectorOperation = 'CreateIndex' | 'DeleteIndex' | 'DeleteVectors' | 'PutVectors' | 'QueryVectors';

/** The permissions functions ask for, in the words of what they do. Each names single operations on single resources. */
export interface Grants {
  table(role: Role, ...operations: readonly TableOperation[]): void;
  /** To count what share links are used for, and to change nothing else. */
  countLinks(role: Role): void;
  index(role: Role, name: 'by_taken' | 'pending'): void;
  objects(role: Role, access: ObjectAccess): void;
  vectors(role: Role, ...operations: readonly VectorOperation[]): void;
  /** Of queues this stack has. */
  send(role: Role, ...queues: readonly QueueName[]): void;
  deadLetters(role: Role): void;
  secret(role: Role): void;
  /** Where users have keys: to use them (`read`), or to make and erase them too (`write`). */
  userKeys(role: Role, access: 'read' | 'write'): void;
  /** To ask how many messages wait in the queues. */
  lines(role: Role): void;
  /** To ask whether bucket, queues and vector bucket answer. */
  probe(role: Role): void;
}

/** The context every use of the master key names: what is wrapped for one user opens for that user alone. */
const FOR_ONE_USER = {
  StringEquals: { 'kms:EncryptionContext:app': ['shoebox'] },
  Null: { 'kms:EncryptionContext:user_id': ['false'] },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['app', 'user_id'] },
};

export function createGrants(storage: Storage, queues: Queues): Grants {
  const { bucket, bucketKey, table } = storage;

  return {
    table(role, ...operations) {
      allow(
        role,
        operations.map((operation) => `dynamodb:${operation}`),
        [table.tableArn],
      );
    },

    countLinks(role) {
      const onlyLinks = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LINK#*'] } };
      allow(role, ['dynamodb:UpdateItem'], [table.tableArn], undefined, onlyLinks);
    },

    index(role, name) {
      allow(role, ['dynamodb:Query'], [`${table.tableArn}/index/${name}`]);
    },

    objects(role, { read = [], write = [], remove = [], inPieces = [], absent = false }) {
      const within = (parts: readonly Part[]) => parts.map((part) => bucket.arnForObjects(part));
      const reason = 'Every photo is an object of its own; a function is held to the prefixes it works on.';
      if (read.length > 0) allow(role, ['s3:GetObject'], within(read), reason);
      if (write.length > 0) allow(role, ['s3:PutObject'], within(write), reason);
      if (remove.length > 0) allow(role, ['s3:DeleteObject'], within(remove), reason);
      if (inPieces.length > 0) allow(role, ['s3:PutObject', 's3:AbortMultipartUpload'], within(inPieces), reason);
      // Without it a missing key answers 403 and cannot be told from a refusal. No condition on the prefix: a request for one
      // object carries none, so the condition would never hold.
      if (absent) allow(role, ['s3:ListBucket'], [bucket.bucketArn]);
      if (bucketKey) {
        const writes = write.length > 0 || inPieces.length > 0;
        if (read.length > 0 || writes) allow(role, ['kms:Decrypt'], [bucketKey.keyArn]);
        if (writes) allow(role, ['kms:GenerateDataKey'], [bucketKey.keyArn]);
      }
    },

    vectors(role, ...operations) {
      const actions = operations.map((operation) => `s3vectors:${operation}`);
      allow(
        role,
        actions,
        [storage.vectorIndexArns],
        'Each user has an index of their own, made with their first photo.',
      );
    },

    send(role, ...names) {
      allow(
        role,
        ['sqs:SendMessage'],
        names.flatMap((name) => queues[name]?.queue.queueArn ?? []),
      );
    },

    deadLetters(role) {
      const dead = Object.values(queues).map(({ deadLetterQueue }) => deadLetterQueue.queueArn);
      allow(role, ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], dead);
    },

    secret(role) {
      allow(role, ['secretsmanager:GetSecretValue'], [storage.secret.secretArn]);
    },

    userKeys(role, access) {
      const { userKeys } = storage;
      if (!userKeys) return;
      const writes = access === 'write';
      allow(role, ['dynamodb:GetItem', ...(writes ? ['dynamodb:PutItem'] : [])], [userKeys.table.tableArn]);
      const actions = ['kms:Decrypt', ...(writes ? ['kms:GenerateDataKey'] : [])];
      allow(role, actions, [userKeys.masterKey.keyArn], undefined, FOR_ONE_USER);
    },

    probe(role) {
      allow(role, ['s3:ListBucket'], [bucket.bucketArn]);
      allow(role, ['s3vectors:GetVectorBucket'], [storage.vectorBucketArn]);
      this.lines(role);
    },

    lines(role) {
      allow(
        role,
        ['sqs:GetQueueAttributes'],
        Object.values(queues).map(({ queue }) => queue.queueArn),
      );
    },
  };
}
