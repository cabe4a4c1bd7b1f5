import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './nag.ts';

/**
 * Lets a role call `actions` on `resources`. A resource that ends in a wildcard stands for the objects, indexes or streams of
 * one thing of ours; `because` says why it cannot be narrower and is recorded with the check that would refuse it.
 */
export function allow(
  role: Role,
  actions: readonly string[],
  resources: readonly string[],
  because?: string,
  conditions: Record<string, Record<string, readonly string[]>> = {},
): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }));
  for (const resource of resources) {
    if (resource.endsWith('*'))
      acknowledgeWildcard(role, resource, because ?? 'Ids of users and images are not known in advance.');
  }
}
