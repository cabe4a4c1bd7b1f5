import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FunctionSettings, USER_KEYS } from '../config.ts';
import { originalsOf } from '../domain/object-keys.ts';
import type { DataKeys } from './encryption/data-keys.ts';
import { createKeyItems } from './encryption/key-items.ts';
import { createSealedReader } from './encryption/sealed-reader.ts';
import { createUserSealing, isMarked, PLAIN, type Sealing } from './encryption/sealing.ts';
import { createUserKeys, type UserKeys } from './encryption/user-keys.ts';
import type { Clock } from './ids.ts';
import { createObjectReader, type ObjectReader } from './object-reader.ts';
import { createObjects } from './objects.ts';

export interface PicturesDeps {
  s3: S3Client;
  table: DynamoDBDocumentClient;
  settings: Pick<FunctionSettings, 'BUCKET_NAME' | (typeof USER_KEYS)[number]>;
  clock: Clock;
  /** KMS, unless another is given. */
  dataKeys?: () => Promise<DataKeys>;
}

/** Only what has pictures to encrypt waits for KMS's client to load. */
function loadDataKeys(masterKey: string): () => Promise<DataKeys> {
  let loaded: Promise<DataKeys> | undefined;
  return () => {
    loaded ??= import('./encryption/data-keys.ts').then(({ createDataKeys, createKmsClient }) =>
      createDataKeys(createKmsClient(), masterKey),
    );
    return loaded;
  };
}

/** The keys pictures are encrypted with; `null` where they are encrypted by S3 alone. */
export function userKeysOf({ s3, table, settings, clock, dataKeys }: PicturesDeps): UserKeys | null {
  if (settings.ENCRYPTION !== 'user') return null;
  const Bucket = settings.BUCKET_NAME;
  return createUserKeys({
    items: createKeyItems(table, settings.USER_KEYS_TABLE_NAME),
    dataKeys: dataKeys ?? loadDataKeys(settings.USER_KEYS_MASTER_KEY_ARN),
    async hasEncrypted(userId) {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: originalsOf(userId), MaxKeys: 1 }),
      );
      const [first] = Contents;
      if (!first?.Key) return false;
      const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key: first.Key }));
      return isMarked(Metadata);
    },
    clock,
  });
}

/** The bucket of pictures, encrypted as the deployment says. */
export function createPictures(deps: PicturesDeps) {
  const { s3, settings } = deps;
  const keys = userKeysOf(deps);
  const sealing: Sealing = keys ? createUserSealing({ keys }) : PLAIN;
  return {
    /** `null` where pictures are encrypted by S3 alone. */
    keys,
    objects: createObjects(s3, settings.BUCKET_NAME, sealing),
    /** For what makes objects in ways of its own. */
    sealing,
    /** Reads as HTTP does. */
    reader(): ObjectReader {
      const stored = createObjectReader(s3, settings.BUCKET_NAME);
      return keys ? createSealedReader(stored, sealing) : stored;
    },
  };
}
