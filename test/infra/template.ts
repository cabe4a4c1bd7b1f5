import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppProps } from 'aws-cdk-lib';
import { createApp } from '../../lib/app.ts';
import { readDeployment } from '../../shared/config.ts';

/** JSON of any shape, as tests look into it: whatever is asked of it may be there. */
export type Json = readonly Json[] & { readonly [name: string]: Json };
export type Properties = Readonly<Record<string, Json>>;

export interface Resource {
  id: string;
  Type: string;
  Properties: Properties;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
}

export interface Template {
  text: string;
  resources: Resource[];
  outputs: Record<string, { Value: Json }>;
  ofType(type: string): Resource[];
  byId(id: string): Resource;
}

const WITHOUT_BUNDLING = { 'aws:cdk:bundling-stacks': [] };

/** Synthesis takes a second or two of processor time, and most tests look at the same template. */
const made = new Map<string, Template>();

/** Synthesizes the app in this process, code not bundled, from these settings alone (no `.env`). Throws what synthesis throws. */
export function synthesize(settings: Record<string, string> = {}, props: AppProps = {}): Template {
  const key = JSON.stringify([settings, props]);
  const template = made.get(key) ?? synthesizeAnew(settings, props);
  made.set(key, template);
  return template;
}

function synthesizeAnew(settings: Record<string, string>, props: AppProps): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'shoebox-synth-'));
  try {
    const { app, stack } = createApp(readDeployment(settings), {
      outdir,
      builtinCloudFormationValidation: false,
      ...props,
      context: { ...WITHOUT_BUNDLING, ...props.context },
    });
    app.synth();
    return parseTemplate(readFileSync(join(outdir, `${stack.artifactId}.template.json`), 'utf8'));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

export function parseTemplate(text: string): Template {
  const { Resources, Outputs } = JSON.parse(text);
  const resources = Object.entries<Omit<Resource, 'id'>>(Resources).map(([id, resource]) => ({
    ...resource,
    id,
    Properties: resource.Properties ?? {},
  }));
  return {
    text,
    resources,
    outputs: Outputs,
    ofType: (type) => resources.filter((resource) => resource.Type === type),
    byId(id) {
      const found = resources.find((resource) => resource.id === id);
      if (!found) throw new Error(`The template has no ${id}`);
      return found;
    },
  };
}

/** The logical id that a `Ref` or `Fn::GetAtt` names; undefined for anything else. */
export function referenced(value: Json | undefined): string | undefined {
  const id = value?.Ref ?? value?.['Fn::GetAtt']?.[0];
  return id === undefined ? undefined : String(id);
}

/** The function that a URI or permission names, itself or by an alias. */
export function functionIn(template: Template, value: Json | undefined): Resource | undefined {
  const text = JSON.stringify(value ?? null);
  const alias = template.ofType('AWS::Lambda::Alias').find(({ id }) => text.includes(`"${id}"`));
  const named = alias ? JSON.stringify(alias.Properties.FunctionName) : text;
  return template.ofType('AWS::Lambda::Function').find(({ id }) => named.includes(`"${id}"`));
}

/** A name tests can print: the folder of the function's source. */
export function functionName(fn: Resource): string {
  return String(fn.Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME);
}
