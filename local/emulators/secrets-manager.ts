import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Authenticator } from './authenticator.ts';
import { openDatabase, transaction } from './database.ts';
import { AwsError } from './errors.ts';
import type { Service } from './gate.ts';
import { jsonService, operation } from './json-service.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS secrets (
  name TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, description TEXT, kms_key TEXT,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, deleted INTEGER
);
CREATE TABLE IF NOT EXISTS versions (
  secret TEXT NOT NULL REFERENCES secrets(name) ON DELETE CASCADE,
  id TEXT NOT NULL, string TEXT, binary TEXT, stages TEXT NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY (secret, id)
);`;

interface SecretRow {
  name: string;
  arn: string;
  description: string | null;
  kms_key: string | null;
  created: number;
  changed: number;
  deleted: number | null;
}

interface VersionRow {
  id: string;
  string: string | null;
  binary: string | null;
  stages: string;
  created: number;
}

const value = z.looseObject({
  ClientRequestToken: z.string().min(32).max(64).optional(),
  SecretString: z.string().max(65_536).optional(),
  SecretBinary: z.string().optional(),
});
const onSecret = z.looseObject({ SecretId: z.string().min(1) });
/** Times are seconds since the epoch on the wire. */
const seconds = (milliseconds: number) => milliseconds / 1000;

/** AWS Secrets Manager over its JSON 1.1 protocol: secrets with versions and the AWSCURRENT / AWSPREVIOUS stages. */
export function createSecretsManager(options: {
  directory: string;
  region: string;
  accountId: string;
  authenticator: Authenticator;
  clock: () => Date;
  newId: () => string;
}): Service & { stop(): void } {
  const database = openDatabase(join(options.directory, 'secrets.db'), SCHEMA);
  const byId = database.prepare(
    'SELECT * FROM secrets WHERE name = ?1 OR arn = ?1 OR substr(arn, 1, length(arn) - 7) = ?1',
  );
  const insert = database.prepare('INSERT INTO secrets VALUES (?, ?, ?, ?, ?, ?, NULL)');
  const touch = database.prepare('UPDATE secrets SET changed = ? WHERE name = ?');
  const mark = database.prepare('UPDATE secrets SET deleted = ? WHERE name = ?');
  const remove = database.prepare('DELETE FROM secrets WHERE name = ?');
  const all = database.prepare('SELECT * FROM secrets WHERE deleted IS NULL ORDER BY name');
  const versionsOf = database.prepare('SELECT * FROM versions WHERE secret = ? ORDER BY created DESC');
  const insertVersion = database.prepare('INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)');
  const setStages = database.prepare('UPDATE versions SET stages = ? WHERE secret = ? AND id = ?');

  const find = (id: string) => byId.get(id) as unknown as SecretRow | undefined;
  function get(id: string): SecretRow {
    const secret = find(id);
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    if (secret.deleted !== null) {
      throw new AwsError(
        'InvalidRequestException',
        'You can’t perform this operation on the secret because it was marked for deletion.',
      );
    }
    return secret;
  }
  const versions = (name: string) => versionsOf.all(name) as unknown as VersionRow[];
  const stagesOf = (version: VersionRow) => JSON.parse(version.stages) as string[];

  /** Adds a version as AWSCURRENT; the one before becomes AWSPREVIOUS. A repeated token with the same value is one. */
  function put(secret: SecretRow, input: z.output<typeof value>): string {
    const id = input.ClientRequestToken ?? options.newId();
    const existing = versions(secret.name).find((version) => version.id === id);
    if (existing) {
      const same = existing.string === (input.SecretString ?? null) && existing.binary === (input.SecretBinary ?? null);
      if (same) return id;
      throw new AwsError('ResourceExistsException', `A version with the token ${id} and another value already exists.`);
    }
    const now = options.clock().getTime();
    transaction(database, () => {
      for (const version of versions(secret.name)) {
        const stages = stagesOf(version);
        const kept = stages.filter((stage) => stage !== 'AWSCURRENT' && stage !== 'AWSPREVIOUS');
        if (stages.includes('AWSCURRENT')) kept.push('AWSPREVIOUS');
        setStages.run(JSON.stringify(kept), secret.name, version.id);
      }
      const { SecretString = null, SecretBinary = null } = input;
      insertVersion.run(secret.name, id, SecretString, SecretBinary, JSON.stringify(['AWSCURRENT']), now);
      touch.run(now, secret.name);
    });
    return id;
  }

  function describe(secret: SecretRow): object {
    const staged = versions(secret.name).filter((version) => stagesOf(version).length > 0);
    return {
      ARN: secret.arn,
      Name: secret.name,
      Description: secret.description ?? undefined,
      KmsKeyId: secret.kms_key ?? undefined,
      CreatedDate: seconds(secret.created),
      LastChangedDate: seconds(secret.changed),
      VersionIdsToStages: Object.fromEntries(staged.map((version) => [version.id, stagesOf(version)])),
    };
  }

  const operations = {
    CreateSecret: operation(
      value.extend({
        Name: z.string().regex(/^[\w/+=.@-]{1,512}$/),
        Description: z.string().optional(),
        KmsKeyId: z.string().optional(),
      }),
      (input) => {
        if (find(input.Name)) {
          throw new AwsError(
            'ResourceExistsException',
            `The operation failed because the secret ${input.Name} already exists.`,
          );
        }
        const suffix = randomBytes(6).toString('base64').replace(/[+/=]/g, 'x').slice(0, 6);
        const arn = `arn:aws:secretsmanager:${options.region}:${options.accountId}:secret:${input.Name}-${suffix}`;
        const now = options.clock().getTime();
        insert.run(input.Name, arn, input.Description ?? null, input.KmsKeyId ?? null, now, now);
        const secret = get(input.Name);
        const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
        return { ARN: arn, Name: input.Name, VersionId: hasValue ? put(secret, input) : undefined };
      },
    ),
    PutSecretValue: operation(onSecret.extend(value.shape), (input) => {
      const secret = get(input.SecretId);
      if ((input.SecretString === undefined) === (input.SecretBinary === undefined)) {
        throw new AwsError('InvalidRequestException', 'Give either SecretString or SecretBinary.');
      }
      return { ARN: secret.arn, Name: secret.name, VersionId: put(secret, input), VersionStages: ['AWSCURRENT'] };
    }),
    GetSecretValue: operation(
      onSecret.extend({ VersionId: z.string().optional(), VersionStage: z.string().optional() }),
      (input) => {
        const secret = get(input.SecretId);
        const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
        const found = versions(secret.name).find(
          (version) =>
            (input.VersionId === undefined || version.id === input.VersionId) &&
            (stage === undefined || stagesOf(version).includes(stage)),
        );
        if (!found) {
          throw new AwsError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for ${stage ? `staging label: ${stage}` : `VersionId: ${input.VersionId}`}`,
          );
        }
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: found.id,
          SecretString: found.string ?? undefined,
          SecretBinary: found.binary ?? undefined,
          VersionStages: stagesOf(found),
          CreatedDate: seconds(found.created),
        };
      },
    ),
    DescribeSecret: operation(onSecret, (input) => describe(get(input.SecretId))),
    ListSecrets: operation(z.looseObject({}), () => ({
      SecretList: (all.all() as unknown as SecretRow[]).map(describe),
    })),
    DeleteSecret: operation(onSecret.extend({ ForceDeleteWithoutRecovery: z.boolean().default(false) }), (input) => {
      const secret = get(input.SecretId);
      const now = options.clock().getTime();
      if (input.ForceDeleteWithoutRecovery) remove.run(secret.name);
      else mark.run(now, secret.name);
      return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(now) };
    }),
  };

  const service = jsonService({
    name: 'secretsmanager',
    authenticator: options.authenticator,
    operations,
    operationOf: (exchange) => String(exchange.headers['x-amz-target'] ?? '').replace('secretsmanager.', ''),
    contentType: 'application/x-amz-json-1.1',
    validationCode: 'InvalidParameterException',
    maxBytes: 256 * 1024,
    errorEnvelope: (error) => ({ headers: {}, body: { __type: error.code, message: error.message } }),
  });
  return { ...service, stop: () => database.close() };
}
