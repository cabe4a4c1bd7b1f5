import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Authenticator } from './authenticator.ts';
import { openDatabase } from './database.ts';
import { AwsError } from './errors.ts';
import type { Service } from './gate.ts';
import { jsonService, operation } from './json-service.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, material BLOB NOT NULL, description TEXT NOT NULL,
  state TEXT NOT NULL, created INTEGER NOT NULL, deletion INTEGER
);
CREATE TABLE IF NOT EXISTS aliases (name TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES keys(id));`;

interface KeyRow {
  id: string;
  arn: string;
  material: Uint8Array;
  description: string;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  created: number;
  deletion: number | null;
}

const DAY = 24 * 3600 * 1000;
const ID_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the longest ciphertext of KMS has. */
const MOST_BLOB_BYTES = 6_144;

const keyId = z.string().min(1).max(2_048);
const onKey = z.looseObject({ KeyId: keyId });
const context = z.record(z.string().min(1), z.string()).default({});

/** The context as KMS binds it: in no order, for the client may give it in any. */
const bound = (pairs: Record<string, string>) =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest();

const packed = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

/** AWS Key Management Service over its JSON 1.1 protocol: symmetric keys with aliases, data keys, and their lives. */
export function createKms(options: {
  directory: string;
  region: string;
  accountId: string;
  authenticator: Authenticator;
  clock: () => Date;
  newId: () => string;
}): Service & { stop(): void } {
  const database = openDatabase(join(options.directory, 'kms.db'), SCHEMA);
  const byId = database.prepare('SELECT * FROM keys WHERE id = ?1 OR arn = ?1');
  const byPacked = database.prepare("SELECT * FROM keys WHERE replace(id, '-', '') = ?");
  const insert = database.prepare("INSERT INTO keys VALUES (?, ?, ?, ?, 'Enabled', ?, NULL)");
  const move = database.prepare('UPDATE keys SET state = ?, deletion = ? WHERE id = ?');
  const insertAlias = database.prepare('INSERT INTO aliases VALUES (?, ?)');
  const aliased = database.prepare('SELECT key FROM aliases WHERE name = ?');
  const arnOf = (resource: string) => `arn:aws:kms:${options.region}:${options.accountId}:${resource}`;

  /** A key by its id, its ARN, or the name or ARN of an alias. */
  function get(given: string): KeyRow {
    const name = given.startsWith(arnOf('alias/')) ? given.slice(arnOf('').length) : given;
    const id = name.startsWith('alias/') ? (aliased.get(name) as { key: string } | undefined)?.key : name;
    const key = id === undefined ? undefined : (byId.get(id) as unknown as KeyRow | undefined);
    if (!key) {
      const what = name.startsWith('alias/') ? `Alias ${arnOf(name)} is not found.` : `Key '${given}' does not exist`;
      throw new AwsError('NotFoundException', what);
    }
    return key;
  }

  function usable(key: KeyRow): KeyRow {
    if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    if (key.state === 'PendingDeletion') {
      throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    }
    return key;
  }

  function wrap(key: KeyRow, plain: Buffer, pairs: Record<string, string>): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(bound(pairs));
    return Buffer.concat([packed(key.id), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  function unwrap(key: KeyRow, blob: Buffer, pairs: Record<string, string>): Buffer {
    const nonce = blob.subarray(ID_BYTES, ID_BYTES + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key.material, nonce).setAAD(bound(pairs));
    decipher.setAuthTag(blob.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(blob.subarray(ID_BYTES + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      // KMS says no more, so that nothing can be learnt from it.
      throw new AwsError('InvalidCiphertextException', '');
    }
  }

  function metadata(key: KeyRow): object {
    return {
      KeyId: key.id,
      Arn: key.arn,
      AWSAccountId: options.accountId,
      Description: key.description,
      Enabled: key.state === 'Enabled',
      KeyState: key.state,
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      CreationDate: key.created / 1000,
      DeletionDate: key.deletion === null ? undefined : key.deletion / 1000,
    };
  }

  const operations = {
    CreateKey: operation(
      z.looseObject({
        Description: z.string().max(8_192).default(''),
        KeySpec: z.literal('SYMMETRIC_DEFAULT').optional(),
        KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
      }),
      ({ Description }) => {
        const id = options.newId();
        insert.run(id, arnOf(`key/${id}`), randomBytes(32), Description, options.clock().getTime());
        return { KeyMetadata: metadata(get(id)) };
      },
    ),
    DescribeKey: operation(onKey, ({ KeyId }) => ({ KeyMetadata: metadata(get(KeyId)) })),
    CreateAlias: operation(
      z.looseObject({ AliasName: z.string().regex(/^alias\/[\w/-]{1,250}$/), TargetKeyId: keyId }),
      ({ AliasName, TargetKeyId }) => {
        if (aliased.get(AliasName)) {
          throw new AwsError('AlreadyExistsException', `An alias with the name ${arnOf(AliasName)} already exists`);
        }
        insertAlias.run(AliasName, get(TargetKeyId).id);
        return {};
      },
    ),
    DisableKey: operation(onKey, ({ KeyId }) => {
      move.run('Disabled', null, get(KeyId).id);
      return {};
    }),
    EnableKey: operation(onKey, ({ KeyId }) => {
      move.run('Enabled', null, get(KeyId).id);
      return {};
    }),
    ScheduleKeyDeletion: operation(
      onKey.extend({ PendingWindowInDays: z.int().min(7).max(30).default(30) }),
      ({ KeyId, PendingWindowInDays }) => {
        const key = get(KeyId);
        const deletion = options.clock().getTime() + PendingWindowInDays * DAY;
        move.run('PendingDeletion', deletion, key.id);
        return { KeyId: key.arn, DeletionDate: deletion / 1000, KeyState: 'PendingDeletion', PendingWindowInDays };
      },
    ),
    CancelKeyDeletion: operation(onKey, ({ KeyId }) => {
      const key = get(KeyId);
      move.run('Disabled', null, key.id);
      return { KeyId: key.arn };
    }),
    GenerateDataKey: operation(
      onKey.extend({
        KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
        NumberOfBytes: z.int().min(1).max(1_024).optional(),
        EncryptionContext: context,
      }),
      ({ KeyId, KeySpec, NumberOfBytes, EncryptionContext }) => {
        if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
          throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
        }
        const key = usable(get(KeyId));
        const plain = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_256' ? 32 : 16));
        const blob = wrap(key, plain, EncryptionContext);
        return { KeyId: key.arn, Plaintext: plain.toString('base64'), CiphertextBlob: blob.toString('base64') };
      },
    ),
    Decrypt: operation(
      z.looseObject({
        CiphertextBlob: z.base64().min(1),
        KeyId: keyId.optional(),
        EncryptionContext: context,
      }),
      ({ CiphertextBlob, KeyId, EncryptionContext }) => {
        const blob = Buffer.from(CiphertextBlob, 'base64');
        if (blob.length > MOST_BLOB_BYTES || blob.length < ID_BYTES + NONCE_BYTES + TAG_BYTES) {
          throw new AwsError('InvalidCiphertextException', '');
        }
        const named = KeyId === undefined ? undefined : usable(get(KeyId));
        const key = byPacked.get(blob.subarray(0, ID_BYTES).toString('hex')) as unknown as KeyRow | undefined;
        if (!key) throw new AwsError('InvalidCiphertextException', '');
        if (named && named.id !== key.id) {
          const message = 'The key ID in the request does not identify a CMK that can perform this operation.';
          throw new AwsError('IncorrectKeyException', message);
        }
        const plain = unwrap(usable(key), blob, EncryptionContext);
        return { KeyId: key.arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      },
    ),
  };

  const service = jsonService({
    name: 'kms',
    authenticator: options.authenticator,
    operations,
    operationOf: (exchange) => String(exchange.headers['x-amz-target'] ?? '').replace('TrentService.', ''),
    contentType: 'application/x-amz-json-1.1',
    validationCode: 'ValidationException',
    maxBytes: 64 * 1024,
    errorEnvelope: (error) => ({ headers: {}, body: { __type: error.code, message: error.message } }),
  });
  return { ...service, stop: () => database.close() };
}
