import { randomBytes } from 'node:crypto';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import type { ClientOptions } from './resources.ts';
import { type Template, viewResources } from './template.ts';

const PASSWORD_LENGTH = 32;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const secretSchema = z.object({
  GenerateSecretString: z
    .object({
      SecretStringTemplate: z.string().default('{}'),
      GenerateStringKey: z.string(),
      PasswordLength: z.number().int().default(PASSWORD_LENGTH),
    })
    .optional(),
});

/** Letters and digits, each as likely as the others: bytes past the last whole round of the alphabet are thrown away. */
function randomPassword(length: number): string {
  const fair = 256 - (256 % LETTERS.length);
  let password = '';
  while (password.length < length) {
    for (const byte of randomBytes(length)) if (byte < fair) password += LETTERS[byte % LETTERS.length];
  }
  return password.slice(0, length);
}

function generate(spec: z.infer<typeof secretSchema>['GenerateSecretString']): Record<string, unknown> {
  if (!spec) return {};
  return { ...JSON.parse(spec.SecretStringTemplate), [spec.GenerateStringKey]: randomPassword(spec.PasswordLength) };
}

/**
 * Creates the stack's secrets as CloudFormation does (once: what was generated stays), then fills in `values` by key, as
 * `npm run deploy` does after a deployment; keys a secret does not have are left out.
 * @returns the secrets' ARNs by logical id
 */
export async function createSecrets(
  template: Template,
  scope: Scope,
  options: ClientOptions,
  values: Readonly<Record<string, string>>,
): Promise<Map<string, string>> {
  const { region, credentials, endpoints } = options;
  const secrets = new SecretsManagerClient({ region, credentials, endpoint: endpoints.secretsmanager });
  const arns = new Map<string, string>();
  try {
    for (const { logicalId, properties } of viewResources(
      template,
      scope,
      ['AWS::SecretsManager::Secret'],
      secretSchema,
    )) {
      const name = `${template.stackName}-${logicalId}`;
      try {
        const SecretString = JSON.stringify(generate(properties.GenerateSecretString));
        await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
      } catch (error) {
        if (!(error instanceof Error && error.name === 'ResourceExistsException')) throw error;
      }
      const current = await secrets.send(new GetSecretValueCommand({ SecretId: name }));
      const held: Record<string, unknown> = JSON.parse(current.SecretString ?? '{}');
      const filled = { ...held, ...Object.fromEntries(Object.entries(values).filter(([key]) => key in held)) };
      if (JSON.stringify(filled) !== JSON.stringify(held)) {
        await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(filled) }));
      }
      arns.set(logicalId, current.ARN ?? name);
    }
  } finally {
    secrets.destroy();
  }
  return arns;
}
