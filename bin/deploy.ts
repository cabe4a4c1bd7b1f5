import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { stackName } from '../lib/stack-name.ts';
import { createSecrets, createSecretsClient } from '../shared/adapters/secrets.ts';
import { type Deployment, InvalidSettings, readDeployment, withEnvFile } from '../shared/config.ts';

/**
 * `npm run deploy [-- options of cdk deploy]`: deploys the stack that `.env` describes, then puts the secrets of `.env` into
 * Secrets Manager, where those that are not given here are kept. No secret is printed, nor handed to the CDK’s template.
 */

const ROOT = resolve(import.meta.dirname, '..');

/** Something a person can put right; the message says what and how. */
class CannotDeploy extends Error {
  override name = 'CannotDeploy';
}

async function assertCredentials(client: ReturnType<typeof createSecretsClient>): Promise<void> {
  try {
    await client.config.credentials();
  } catch (cause) {
    throw new CannotDeploy(
      `No AWS credentials were found (${(cause as Error).message}).\n` +
        'Sign in first, for instance with `aws configure sso` and `aws sso login`, and name the profile in AWS_PROFILE.',
    );
  }
}

/** Runs the pinned CDK command line and answers the stack’s outputs. */
async function deploy(settings: Deployment, options: readonly string[]): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-deploy-'));
  try {
    const outputs = join(folder, 'outputs.json');
    const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
    // `cdk.json` says `node`: it must be the one of this project.
    const path = [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
    const child = spawn(process.execPath, [cdk, 'deploy', stackName(settings), '--outputs-file', outputs, ...options], {
      cwd: ROOT,
      env: { ...process.env, AWS_REGION: settings.AWS_REGION, PATH: path },
      stdio: 'inherit',
    });
    const [code, signal] = await once(child, 'exit');
    if (code !== 0) {
      throw new CannotDeploy(
        `cdk deploy ended with ${signal ?? `exit code ${code}`}; nothing was written to Secrets Manager.\n` +
          'If it says that the environment is not bootstrapped, run `npx cdk bootstrap` once for this account and region.',
      );
    }
    return JSON.parse(readFileSync(outputs, 'utf8'))[stackName(settings)] ?? {};
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The key file of a service account, checked for what it is. */
function readServiceAccount(path: string): string {
  try {
    const text = readFileSync(resolve(ROOT, path), 'utf8');
    const { type, client_email, private_key } = JSON.parse(text);
    if (type === 'service_account' && client_email && private_key) return text;
  } catch {
    // Said below, without what the file holds.
  }
  throw new CannotDeploy(
    `GOOGLE_APPLICATION_CREDENTIALS: expected the path of a service account's key file (JSON), found none at ${path}.`,
  );
}

async function main(): Promise<void> {
  const settings = readDeployment(withEnvFile(join(ROOT, '.env'), process.env));
  const missing = (['GOOGLE_CLOUD_PROJECT', 'FIREBASE_API_KEY'] as const).filter((name) => settings[name] === '');
  if (missing.length > 0) {
    throw new CannotDeploy(
      `${missing.join(' and ')}: expected a value, found none. Without it nobody could sign in; .env.example says where to find it.`,
    );
  }
  const account = settings.GOOGLE_APPLICATION_CREDENTIALS;
  const google_service_account = account ? readServiceAccount(account) : undefined;
  const client = createSecretsClient(settings.AWS_REGION);
  await assertCredentials(client);
  const outputs = await deploy(settings, process.argv.slice(2));

  const { SecretArn, ApiUrl } = outputs;
  if (!SecretArn)
    throw new CannotDeploy('Expected the stack’s output SecretArn, found none; is the stack another version’s?');
  const given = {
    ...(settings.AZURE_OPENAI_API_KEY && { azure_openai_api_key: settings.AZURE_OPENAI_API_KEY }),
    ...(google_service_account && { google_service_account }),
  };
  const changed = await createSecrets(client, SecretArn).merge(given);
  console.log(changed.length > 0 ? `Secrets written: ${changed.join(', ')}` : 'Secrets are as they were.');
  console.log(`Shoebox is at ${ApiUrl}`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CannotDeploy || error instanceof InvalidSettings)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
