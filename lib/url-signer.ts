import { ArnPrincipal, CompositePrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import type { NodeFunction } from './functions.ts';
import { downloads, type Grants, incoming, originals, type Part, thumbnails } from './grants.ts';
import { allow } from './permissions.ts';

/**
 * The role whose credentials sign image URLs and upload forms: what is signed can do no more than this role, and lives no longer
 * than its session. Only `signers` may assume it; they are told its name.
 */
export function createUrlSigner(
  scope: Construct,
  id: string,
  signers: readonly NodeFunction[],
  settings: Deployment,
  grants: Grants,
): void {
  const signer = new Role(scope, id, {
    description: 'Signs image URLs and upload forms of Shoebox',
    assumedBy: new CompositePrincipal(...signers.map(({ role }) => new ArnPrincipal(role.roleArn))),
  });
  // Of pictures encrypted for their user, URLs of S3 are of no use to anybody.
  const read: Part[] = settings.ENCRYPTION === 'user' ? [] : [originals, thumbnails, downloads];
  grants.objects(signer, { read, write: [incoming] });
  for (const { role, function: fn } of signers) {
    allow(role, ['sts:AssumeRole'], [signer.roleArn]);
    fn.addEnvironment('URL_SIGNER_ROLE_ARN', signer.roleArn);
  }
}
