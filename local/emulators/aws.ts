import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createAuthenticator } from './authenticator.ts';
import { type AccessKey, openCredentials } from './credentials.ts';
import { lockDirectory } from './database.ts';
import { startDynamoDb } from './dynamodb.ts';
import { startGate, type Trouble } from './gate.ts';
import { createKms } from './kms.ts';
import type { ObjectCreated } from './s3/request.ts';
import { createS3 } from './s3/service.ts';
import { createS3Vectors } from './s3-vectors/service.ts';
import { createSecretsManager } from './secrets-manager.ts';
import type { ServiceName } from './service-errors.ts';
import type { Detour } from './sqs/messages.ts';
import { createSqs } from './sqs/service.ts';
import { createSts } from './sts.ts';

export type { ObjectCreated } from './s3/request.ts';

export interface AwsOptions {
  /** Everything is kept below this folder and survives a killed process. One process at a time may use it (a lock sees to that). */
  dataDir: string;
  region: string;
  accountId: string;
  /** SQS visibility timeouts and delays last 1 / timeScale of what they say, but at least a second. */
  timeScale: number;
  /** 0, the default, takes a free one. */
  port?: number;
  clock?: () => Date;
  newId?: () => string;
  /** Asked about every call: what is to go wrong with it. */
  troubleOf?: (service: ServiceName, operation: string) => Trouble | undefined;
  /** Asked about every message sent: what becomes of it on the way into that queue. */
  detourOf?: (queue: string) => Detour | undefined;
}

export interface AwsEmulators {
  /** What the SDKs' `AWS_ENDPOINT_URL_<SERVICE>` variables are to be set to. */
  endpoints: Record<ServiceName, string>;
  /** The only long-lived key the emulators accept. */
  credentials: AccessKey;
  /**
   * Called for every object put, posted, copied or completed. The client is answered once all listeners have resolved;
   * if one rejects, the client gets a 500 (and repeats).
   */
  onObjectCreated(listener: (event: ObjectCreated) => Promise<void>): void;
  /** Called with the receipt handle of every SQS message whose visibility a client has changed. */
  onVisibilityChanged(listener: (receiptHandle: string) => void): void;
  /** Makes all in-flight SQS messages visible again: for the start, when every consumer is known to be gone. */
  releaseInFlight(): Promise<number>;
  /** Requests by `service:Operation` since the start or the last reset. */
  requests(): Record<string, number>;
  resetRequests(): void;
  stop(): Promise<void>;
}

/**
 * Starts the AWS side of the local stack: S3, SQS, STS, Secrets Manager, KMS, S3 Vectors and DynamoDB on one loopback port,
 * spoken to by unmodified SDK clients. Requests must be signed with the answered credentials or with a role session of
 * the emulated STS.
 * @throws Error when another process uses the folder, or the port is taken
 */
export async function startAws(options: AwsOptions): Promise<AwsEmulators> {
  const { dataDir, region, accountId, timeScale, clock = () => new Date(), newId = randomUUID } = options;
  const unlock = lockDirectory(dataDir);
  const credentials = openCredentials(dataDir, accountId, clock);
  const authenticator = createAuthenticator(credentials, region, clock);
  const base = { region, accountId, authenticator, clock, newId };
  const endpoint = () => `http://127.0.0.1:${gate.port}`;

  const dynamodb = await startDynamoDb({ directory: join(dataDir, 'dynamodb'), authenticator });
  const s3 = createS3({ ...base, directory: join(dataDir, 's3') });
  const sqs = createSqs({ ...base, directory: join(dataDir, 'sqs'), timeScale, endpoint, detourOf: options.detourOf });
  const sts = createSts({ authenticator, credentials, accountId });
  const secretsmanager = createSecretsManager({ ...base, directory: join(dataDir, 'secrets-manager') });
  const kms = createKms({ ...base, directory: join(dataDir, 'kms') });
  const s3vectors = createS3Vectors({ ...base, directory: join(dataDir, 's3-vectors') });
  const services = { s3, sqs, sts, secretsmanager, kms, s3vectors, dynamodb };
  async function stopServices(): Promise<void> {
    for (const service of [s3, sqs, secretsmanager, kms, s3vectors]) service.stop();
    await dynamodb.stop();
    unlock();
  }
  const gate = await startGate({ port: options.port ?? 0, services, newId, troubleOf: options.troubleOf }).catch(
    async (error: unknown) => {
      await stopServices();
      throw error;
    },
  );

  const names = Object.keys(services) as ServiceName[];
  return {
    endpoints: Object.fromEntries(names.map((name) => [name, endpoint()])) as Record<ServiceName, string>,
    credentials: credentials.root,
    onObjectCreated: s3.onObjectCreated,
    onVisibilityChanged: sqs.onVisibilityChanged,
    releaseInFlight: async () => sqs.releaseInFlight(),
    requests: gate.requests,
    resetRequests: gate.resetRequests,
    async stop() {
      await gate.stop();
      await stopServices();
    },
  };
}
