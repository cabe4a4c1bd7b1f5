import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { evaluateCondition, resolveIntrinsics, type Scope } from './intrinsics.ts';
import { checkResourceTypes } from './resource-types.ts';

/** The synthesized stack as the CDK wrote it: template and asset manifest, read and checked, nothing resolved yet. */

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
export type Resource = z.infer<typeof resourceSchema>;

const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown(), Condition: z.string().optional() })).default({}),
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
});

const assetsSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export interface Template {
  /** The stack's name, from the file's. */
  readonly stackName: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, { Value: unknown; Condition?: string | undefined }>>;
  readonly parameters: Readonly<Record<string, { Default?: unknown }>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly mappings: Readonly<Record<string, Record<string, Record<string, unknown>>>>;
  /** Object key in the deployment's asset bucket → absolute path of the file or folder on this machine. */
  readonly assets: ReadonlyMap<string, string>;
}

/** A synthesized folder that cannot be run; the message says what is wrong with it. */
export class UnusableTemplate extends Error {
  override name = 'UnusableTemplate';
}

function readJson<T>(file: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new UnusableTemplate(`${file} is not what the CDK writes:\n${z.prettifyError(parsed.error)}`);
}

/**
 * Reads the one stack in a `cdk.out` folder. Throws `UnusableTemplate` when there is not exactly one, and
 * `UnknownResourceTypes` when it holds a resource the local stack neither runs nor knowingly leaves out.
 */
export function loadTemplate(outDir: string): Template {
  const names = readdirSync(outDir).filter((name) => name.endsWith('.template.json'));
  const [file] = names;
  if (file === undefined || names.length > 1) {
    throw new UnusableTemplate(`Expected exactly one *.template.json in ${outDir}, found ${names.length}`);
  }
  const stackName = file.slice(0, -'.template.json'.length);
  const template = readJson(join(outDir, file), templateSchema);
  const manifest = readJson(join(outDir, `${stackName}.assets.json`), assetsSchema);
  const assets = new Map<string, string>();
  for (const { source, destinations } of Object.values(manifest.files)) {
    if (source.path === undefined) continue;
    for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, resolve(outDir, source.path));
  }
  const resources = new Map(Object.entries(template.Resources));
  checkResourceTypes(resources);
  return {
    stackName,
    resources,
    outputs: template.Outputs,
    parameters: template.Parameters,
    conditions: template.Conditions,
    mappings: template.Mappings,
    assets,
  };
}

/**
 * A schema of properties the local stack acts on, beside others it knowingly leaves alone. A property in neither list is an error:
 * something the deployed stack does and the local one would silently not.
 */
export function propertiesOf<T extends z.ZodRawShape>(acted: T, left: readonly string[]) {
  const ignored = Object.fromEntries(left.map((name) => [name, z.unknown().optional()]));
  return z.strictObject({ ...ignored, ...acted } as T);
}

/** One resource with its properties resolved and checked against `schema`. */
export interface View<T> {
  readonly logicalId: string;
  readonly properties: T;
}

/**
 * All resources of `types`, resolved and validated. Those whose condition is false are left out. Throws `UnusableTemplate`
 * naming the resource and the property that is not as expected.
 */
export function viewResources<T>(
  template: Template,
  scope: Scope,
  types: readonly string[],
  schema: z.ZodType<T>,
): View<T>[] {
  const views: View<T>[] = [];
  for (const [logicalId, resource] of template.resources) {
    if (!types.includes(resource.Type)) continue;
    if (resource.Condition !== undefined && !evaluateCondition(resource.Condition, scope)) continue;
    const parsed = schema.safeParse(resolveIntrinsics(resource.Properties, scope));
    if (!parsed.success) {
      throw new UnusableTemplate(
        `${resource.Type} ${logicalId} is not as the local stack expects:\n${z.prettifyError(parsed.error)}`,
      );
    }
    views.push({ logicalId, properties: parsed.data });
  }
  return views;
}

/** The stack's outputs, resolved. */
export function readOutputs(template: Template, scope: Scope): Record<string, string> {
  const shown = Object.entries(template.outputs).filter(
    ([, { Condition }]) => Condition === undefined || evaluateCondition(Condition, scope),
  );
  return Object.fromEntries(shown.map(([name, { Value }]) => [name, String(resolveIntrinsics(Value, scope))]));
}
