import { z } from 'zod';
import type { Scope } from './intrinsics.ts';
import { type Template, UnusableTemplate, viewResources } from './template.ts';

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
  /** Words a person may call it by in `--faults`: those of its name and of its construct path, lower-case. */
  readonly words: ReadonlySet<string>;
}

const functionSchema = z.object({
  Code: z.object({ S3Key: z.string().optional(), ZipFile: z.string().optional() }),
  Handler: z.string(),
  Runtime: z.string(),
  MemorySize: z.number().int().default(128),
  Timeout: z.number().int().default(3),
  Environment: z.object({ Variables: z.record(z.string(), z.string()).default({}) }).default({ Variables: {} }),
});

const customResourceSchema = z.looseObject({ ServiceToken: z.string() });

/** Custom resources whose work the local stack does itself; the functions behind them are not run. */
const NATIVE_CUSTOM_RESOURCES = ['Custom::S3BucketNotifications', 'Custom::S3AutoDeleteObjects', 'Custom::LogRetention'];

function wordsOf(...names: string[]): Set<string> {
  const spaced = names.join(' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  return new Set(spaced.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean));
}

/**
 * The stack's functions that are run locally: all but those that only serve custom resources the local stack replaces. Throws
 * `UnusableTemplate` for one with another runtime than Node's, or whose code is not among the synthesized assets.
 */
export function readFunctions(template: Template, scope: Scope): FunctionDefinition[] {
  const custom = viewResources(template, scope, NATIVE_CUSTOM_RESOURCES, customResourceSchema);
  const replaced = new Set(custom.map(({ properties }) => properties.ServiceToken));
  const definitions: FunctionDefinition[] = [];
  for (const { logicalId, properties, path } of viewResources(template, scope, ['AWS::Lambda::Function'], functionSchema)) {
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
      words: wordsOf(name, path, logicalId.replace(/[0-9A-F]{8}$/, '')),
    });
  }
  return definitions;
}

/**
 * The one function a person means by `alias` (`describe`). Throws when none or several answer to it, naming what there is.
 */
export function functionByAlias(functions: readonly FunctionDefinition[], alias: string): FunctionDefinition {
  const matches = functions.filter(({ words, name }) => name === alias || words.has(alias.toLowerCase()));
  const [match] = matches;
  if (match && matches.length === 1) return match;
  const there = (match ? matches : functions).map(({ name }) => name).join(', ');
  throw new Error(`Expected "${alias}" to mean one function, it means ${matches.length}; there are: ${there}`);
}
