import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import { type Template, viewResources } from './template.ts';

/** Who may invoke which function, and who may send to which queue, by the resource policies in the template. */
export interface Permissions {
  /** `functionArn` is what is invoked, `service` who does (`apigateway.amazonaws.com`), `sourceArn` on whose behalf. */
  mayInvoke(functionArn: string, service: string, sourceArn: string): boolean;
  maySend(queueArn: string, service: string, sourceArn: string): boolean;
}

const permissionSchema = z.object({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore)]),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
const queuePolicySchema = z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) });

/** IAM's `ArnLike`: `*` stands for any characters, `?` for one. */
export function matchesPattern(pattern: string, value: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
}

const COMPARISONS: Readonly<Record<string, (expected: string, value: string) => boolean>> = {
  ArnEquals: matchesPattern,
  ArnLike: matchesPattern,
  StringEquals: (expected, value) => expected === value,
  StringLike: matchesPattern,
};

/** Whether every condition holds; one that is not understood does not. */
function holds(
  condition: Record<string, Record<string, string[]>>,
  context: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const value = context[key.toLowerCase()];
      const compare = COMPARISONS[operator];
      return value !== undefined && compare !== undefined && expected.some((one) => compare(one, value));
    }),
  );
}

function servicesOf(principal: string | Record<string, string[]>): string[] {
  return typeof principal === 'string' ? [principal] : (principal.Service ?? []);
}

export function readPermissions(template: Template, scope: Scope): Permissions {
  const grants = viewResources(template, scope, ['AWS::Lambda::Permission'], permissionSchema).map(
    (view) => view.properties,
  );
  const policies = viewResources(template, scope, ['AWS::SQS::QueuePolicy'], queuePolicySchema);
  const statements = policies.flatMap(({ properties }) => properties.PolicyDocument.Statement);
  return {
    mayInvoke: (functionArn, service, sourceArn) =>
      grants.some(
        ({ Action, FunctionName, Principal, SourceArn }) =>
          matchesPattern(Action, 'lambda:InvokeFunction') &&
          (FunctionName === functionArn || functionArn.endsWith(`:function:${FunctionName}`)) &&
          Principal === service &&
          (SourceArn === undefined || matchesPattern(SourceArn, sourceArn)),
      ),
    maySend: (queueArn, service, sourceArn) =>
      statements.some(
        ({ Effect, Action, Resource, Principal, Condition }) =>
          Effect === 'Allow' &&
          Action.some((action) => matchesPattern(action, 'sqs:SendMessage')) &&
          Resource.some((resource) => matchesPattern(resource, queueArn)) &&
          servicesOf(Principal).includes(service) &&
          holds(Condition, { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': scope.ref('AWS::AccountId') ?? '' }),
      ),
  };
}
