import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one finding of the AWS Solutions pack for a construct and everything in it. `reason` says why the finding does not
 * apply here, or why what it asks for would be worse.
 */
export function acknowledge(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Accepts a wildcard in a policy's resource (an ARN that ends in `/*`, say), and only that one. */
export function acknowledgeWildcard(scope: IConstruct, resource: string, reason: string): void {
  acknowledge(scope, `IAM5[Resource::${flatten(Stack.of(scope).resolve(resource))}]`, reason);
}

/** An ARN in the notation the pack uses in its finding ids: references in angle brackets, joins concatenated. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const [intrinsic, argument] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  if (intrinsic === 'Ref') return `<${argument}>`;
  if (intrinsic === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (intrinsic === 'Fn::Join') {
    const [delimiter, parts] = argument as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  throw new Error(`Expected a string, Ref, Fn::GetAtt or Fn::Join in an ARN, received ${intrinsic}`);
}
