import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import type { ClientOptions } from './resources.ts';
import { propertiesOf, type Template, viewResources } from './template.ts';

const keySchema = propertiesOf({ Description: z.string().optional() }, [
  // Policies are not evaluated, and keys do not live long enough on a laptop to be rotated.
  'EnableKeyRotation',
  'KeyPolicy',
  'Tags',
]);

/**
 * Creates the stack's KMS keys, once: an alias finds those of earlier runs again.
 * @returns the keys' ARNs by logical id
 */
export async function createKeys(
  template: Template,
  scope: Scope,
  options: ClientOptions,
): Promise<Map<string, string>> {
  const { region, credentials, endpoints } = options;
  const kms = new KMSClient({ region, credentials, endpoint: endpoints.kms });
  const arns = new Map<string, string>();
  try {
    for (const { logicalId, properties } of viewResources(template, scope, ['AWS::KMS::Key'], keySchema)) {
      const AliasName = `alias/${template.stackName}-${logicalId}`;
      try {
        await kms.send(new DescribeKeyCommand({ KeyId: AliasName }));
      } catch (error) {
        if (!(error instanceof Error && error.name === 'NotFoundException')) throw error;
        const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: properties.Description }));
        await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyMetadata?.KeyId }));
      }
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: AliasName }));
      arns.set(logicalId, KeyMetadata?.Arn ?? '');
    }
  } finally {
    kms.destroy();
  }
  return arns;
}
