import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../lib/app.ts';
import { FUNCTIONS } from '../../lib/stack.ts';
import { readDeployment } from '../../shared/config.ts';
import { functionName, parseTemplate, type Template } from './template.ts';

const ROOT = join(import.meta.dirname, '../..');
const SYNTH_TIMEOUT = 240_000;

/** Runs the app as the local stack does, far from any AWS account. */
function run(outdir: string, env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(ROOT, 'bin/shoebox.ts')], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      STAGE: 'test',
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ 'shoebox:host': 'local' }),
      ...env,
    },
  });
}

describe('node bin/shoebox.ts for the local host', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'shoebox-synth-'));
  let result: ReturnType<typeof run>;
  let template: Template;
  let folders: Map<string, string>;

  beforeAll(() => {
    result = run(outdir);
    if (result.status !== 0) throw new Error(result.stderr);
    template = parseTemplate(readFileSync(join(outdir, 'shoebox-test.template.json'), 'utf8'));
    const { files } = JSON.parse(readFileSync(join(outdir, 'shoebox-test.assets.json'), 'utf8'));
    folders = new Map(
      template.ofType('AWS::Lambda::Function').map((fn) => {
        const hash = String(fn.Properties.Code?.S3Key).replace(/\.zip$/, '');
        return [functionName(fn), join(outdir, files[hash].source.path)];
      }),
    );
  }, SYNTH_TIMEOUT);
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));

  /** A function's modules by name: the handler, what it imports (at once or later), and the thread that ingest starts. */
  function modulesOf(name: string): Map<string, string> {
    const folder = folders.get(name) as string;
    const modules = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
    return new Map(modules.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  }

  test.each([...FUNCTIONS])('bundles %s into modules and their source maps', (name) => {
    const folder = folders.get(name) as string;
    const modules = [...modulesOf(name).keys()];
    expect(modules).toEqual(expect.arrayContaining(['handler.mjs', ...(name === 'ingest' ? ['heic-worker.mjs'] : [])]));
    const files = modules.flatMap((module) => [module, `${module}.map`]);
    // What faces needs beside it is files, not code: weights and WebAssembly.
    expect(readdirSync(folder).sort()).toEqual([...files, ...(name === 'faces' ? ['node_modules'] : [])].sort());
    const { sources } = JSON.parse(readFileSync(join(folder, 'handler.mjs.map'), 'utf8'));
    expect(sources).toContain(`../../../functions/${name}/handler.ts`);
    expect(sources.join()).not.toContain(ROOT);
  });

  test.each([...FUNCTIONS])('%s is a module Node can read; all it imports is Node’s own or lies beside it', (name) => {
    const file = join(folders.get(name) as string, 'handler.mjs');
    expect(spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    const modules = modulesOf(name);
    const imports = [...modules.values()].flatMap((code) =>
      [...code.matchAll(/(?:^|[;}])import\s*(?:[\w$*{}\s,]+?from\s*)?["']([^"']+)["']/g)].map(([, from = '']) => from),
    );
    const own = (from: string) => /^(node:)?[a-z_0-9/]+$/.test(from) || modules.has(from.replace('./', ''));
    expect(imports.filter((from) => !own(from))).toEqual([]);
  });

  test('what the API loads with a request is not in what it starts with', () => {
    const modules = modulesOf('api');
    const started = new Set(['handler.mjs']);
    for (const name of started) {
      for (const [, from = ''] of (modules.get(name) ?? '').matchAll(/(?:^|[;}])import[^"'(]*["']\.\/([^"']+)["']/g)) {
        started.add(from);
      }
    }
    const code = [...started].map((name) => modules.get(name)).join('');
    // By the names that classes keep; Zod's languages come along where it is imported as `{ z }`.
    const named = [
      'DynamoDBClient',
      'SQSClient',
      'S3VectorsClient',
      'SecretsManagerClient',
      'AzureOpenAI',
      'FirebaseAuthError',
    ];
    expect(named.filter((name) => code.includes(`"${name}"`))).toEqual(['DynamoDBClient']);
    expect(code.includes('Ungültige')).toBe(false);
  });

  test.each(['api', 'authorizer', 'jobs', 'media'])(
    'what firebase-admin requires late of %s lies beside it',
    (name) => {
      const late = createRequire(join(folders.get(name) as string, 'handler.mjs'));
      expect(late('./google-auth-library.mjs').default.GoogleAuth).toBeTypeOf('function');
      expect(late('./jwks-rsa.mjs').default).toBeTypeOf('function');
      const code = [...modulesOf(name)].filter(([file]) => !/^(google-auth-library|jwks-rsa)\./.test(file));
      // By the names that classes keep.
      expect(code.filter(([, text]) => /"GoogleAuth"|"JwksClient"/.test(text)).map(([file]) => file)).toEqual([]);
      expect(code.some(([, text]) => text.includes('./google-auth-library.mjs'))).toBe(true);
    },
  );

  test('a bundle tells what is missing when it is started without its settings', () => {
    const url = pathToFileURL(join(folders.get('authorizer') as string, 'handler.mjs')).href;
    const started = spawnSync(
      process.execPath,
      ['--enable-source-maps', '-e', `await import(${JSON.stringify(url)})`],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      },
    );
    expect(started.stderr).toContain('TABLE_NAME');
    expect(started.stderr).toContain('functions/authorizer/handler.ts');
  });

  test('leaves the layer empty: the machine’s own sharp takes its place', () => {
    const layer = template.ofType('AWS::Lambda::LayerVersion')[0];
    const { files } = JSON.parse(readFileSync(join(outdir, 'shoebox-test.assets.json'), 'utf8'));
    const hash = String(layer?.Properties.Content?.S3Key).replace(/\.zip$/, '');
    expect(readdirSync(join(outdir, files[hash].source.path))).toEqual([]);
  });
});

test(
  'a bad setting is named and nothing is synthesized',
  () => {
    const outdir = join(tmpdir(), 'shoebox-never-made');
    const result = run(outdir, { STAGE: 'NOT A STAGE' });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('STAGE: expected 1–15 lower-case letters');
    expect(result.stderr).not.toContain('    at ');
    expect(existsSync(outdir)).toBe(false);
  },
  SYNTH_TIMEOUT,
);

describe('the AWS Solutions pack', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'shoebox-nag-'));
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));
  const { app, stack } = createApp(readDeployment({ CORS_ORIGINS: 'https://a.example' }), {
    outdir,
    context: { 'aws:cdk:bundling-stacks': [] },
  });

  test(
    'finds nothing that nobody has acknowledged, nor does CloudFormation’s own check',
    () => {
      expect(() => app.synth()).not.toThrow();
      const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
      expect(report.pluginReports).toEqual([]);
    },
    SYNTH_TIMEOUT,
  );

  test('is told a reason with each acknowledgement', () => {
    const given = app.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY));
    const reasons = given.flatMap(({ data }) => Object.values(data as Record<string, string>));
    expect(reasons.length).toBeGreaterThan(20);
    for (const reason of reasons) expect(reason.split(' ').length).toBeGreaterThan(5);
  });

  test('is told nothing for the stack or the app as a whole', () => {
    for (const { node } of [app, stack])
      expect(node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)).toEqual([]);
  });

  test('would stop a synthesis that has a finding', () => {
    const other = new App({ outdir: join(outdir, 'other'), builtinCloudFormationValidation: false });
    new Bucket(new Stack(other, 'Careless'), 'Bucket');
    Validations.of(other).addPlugins(new AwsSolutionsChecks(other));
    expect(() => other.synth()).toThrow(/AwsSolutions-S1|Validation failed/);
  });
});
