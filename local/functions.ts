import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import { propertiesOf, type Template, UnusableTemplate, viewResources } from './template.ts';

/** One function as the template defines it. */
export interface FunctionDefinition {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Absolute path of the folder that holds the bundled code. */
  readonly codeDir: string;
  /** `file.export`, as on Lambda. */
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** What a person calls it (`describe`), in `--faults` and as the name of its log: its Powertools service name. */
  readonly alias: string;
}

const functionSchema = propertiesOf(
  {
    Code: z.object({ S3Key: z.string().optional(), ZipFile: z.string().optional() }),
    Handler: z.string(),
    Runtime: z.string(),
    MemorySize: z.number().int().default(128),
    Timeout: z.number().int().default(3),
    Environment: z.object({ Variables: z.record(z.string(), z.string()).default({}) }).default({ Variables: {} }),
  },
  ['Architectures', 'Description', 'FunctionName', 'Layers', 'LoggingConfig', 'Role', 'Tags', 'TracingConfig'],
);

const customResourceSchema = z.looseObject({ ServiceToken: z.string() });

/** Custom resources whose work the local stack does itself; the functions behind them are not run. */
const NATIVE_CUSTOM_RESOURCES = [
  'Custom::S3BucketNotifications',
  'Custom::S3AutoDeleteObjects',
  'Custom::LogRetention',
];

/**
 * The stack's functions that are run locally: all but those that only serve custom resources the local stack replaces. Throws
 * `UnusableTemplate` for one with another runtime than Node's, or whose code is not among the synthesized assets.
 */
export function readFunctions(template: Template, scope: Scope): FunctionDefinition[] {
  const custom = viewResources(template, scope, NATIVE_CUSTOM_RESOURCES, customResourceSchema);
  const replaced = new Set(custom.map(({ properties }) => properties.ServiceToken));
  const definitions: FunctionDefinition[] = [];
  for (const { logicalId, properties } of viewResources(template, scope, ['AWS::Lambda::Function'], functionSchema)) {
    const arn = scope.attribute(logicalId, 'Arn') ?? '';
    if (replaced.has(arn)) continue;
    const name = scope.ref(logicalId) ?? logicalId;
    const codeDir = template.assets.get(properties.Code.S3Key ?? '');
    if (!properties.Runtime.startsWith('nodejs') || codeDir === undefined) {
      throw new UnusableTemplate(
        `Function ${logicalId} cannot be run: expected a Node.js runtime and a bundled asset, received ` +
          `${properties.Runtime} and ${properties.Code.S3Key ?? 'inline code'}`,
      );
    }
    definitions.push({
      logicalId,
      name,
      arn,
      codeDir,
      handler: properties.Handler,
      memoryMb: properties.MemorySize,
      timeoutSeconds: properties.Timeout,
      environment: properties.Environment.Variables,
      alias: properties.Environment.Variables.POWERTOOLS_SERVICE_NAME ?? name,
    });
  }
  return definitions;
}

/** The function a person means by `alias`, or by its whole name. Throws, naming what there is. */
export function functionByAlias(functions: readonly FunctionDefinition[], alias: string): FunctionDefinition {
  const match = functions.find((definition) => definition.alias === alias || definition.name === alias);
  if (match) return match;
  const there = functions.map((definition) => definition.alias).join(', ');
  throw new RangeError(`Expected a function of the stack (${there}), received "${alias}"`);
}
