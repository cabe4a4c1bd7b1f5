import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { loosePackages, looseSettings, looseWorkflow, ranges, undecidedScripts } from './findings.ts';
import { findings, lock, manifest, workflows } from './project.ts';

// The parser of a tool we have anyway.
const { parse } = createRequire(createRequire(import.meta.url).resolve('knip'))('yaml') as {
  parse: (text: string) => unknown;
};
const step = z.union([
  z.strictObject({
    uses: z.string(),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
  z.strictObject({ name: z.string().optional(), run: z.string(), env: z.record(z.string(), z.string()).optional() }),
]);
const rights = z.record(z.string(), z.enum(['read', 'write']));
const workflow = z.object({
  name: z.string(),
  on: z.union([z.record(z.string(), z.unknown()), z.string()]),
  permissions: rights,
  jobs: z.record(
    z.string(),
    z.object({
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      environment: z.string().optional(),
      permissions: rights.optional(),
      steps: z.array(step).min(1),
    }),
  ),
});
const parsed = new Map([...workflows()].map(([name, text]) => [name, workflow.parse(parse(text))]));
const runs = (name: string) =>
  Object.values(parsed.get(name)?.jobs ?? {}).flatMap(({ steps }) =>
    steps.flatMap((each) => ('run' in each ? each.run : [])),
  );

test('this project is pinned down', () => {
  expect(findings()).toEqual([]);
  expect(Object.keys(lock().packages).length).toBeGreaterThan(500);
});

describe('is found', () => {
  test.each([
    '^1.2.3',
    '~1.2.3',
    '1.x',
    '*',
    'latest',
    '>=1.0.0',
    '1.2',
    'github:a/b',
    'file:../x',
    'npm:other@1.2.3',
    '',
  ])('the version %j, wherever it stands', (version) => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const)
      expect(ranges({ [kind]: { good: '1.2.3', 'also-good': '1.0.0-beta.1', bad: version } })).toHaveLength(1);
    expect(ranges({ overrides: { outer: { inner: version } } })).toHaveLength(1);
  });

  test('a package without a digest, or from elsewhere', () => {
    const good = { version: '1.0.0', integrity: 'sha512-x' };
    const packages = {
      '': {},
      'node_modules/a': good,
      'node_modules/a/node_modules/b': { version: '1.0.0', inBundle: true },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/d': { ...good, resolved: 'git+ssh://git@github.com/x/d.git' },
    };
    expect(loosePackages({ packages })).toHaveLength(2);
  });

  test('an install script nobody has decided about, and a decision about none', () => {
    const packages = {
      'node_modules/@a/b': { hasInstallScript: true },
      'node_modules/x/node_modules/c': { hasInstallScript: true },
      'node_modules/d': {},
    };
    expect(undecidedScripts({ allowScripts: { '@a/b': false, c: true } }, { packages })).toEqual([]);
    expect(undecidedScripts({ allowScripts: { '@a/b': true, d: true } }, { packages })).toEqual([
      expect.stringMatching(/^c: has an install script/),
      expect.stringMatching(/^d: has no install script/),
    ]);
  });

  test('settings of npm that let scripts run, or name a secret', () => {
    expect(looseSettings('strict-allow-scripts = true\n')).toEqual([]);
    expect(looseSettings('fund=false\n')).toHaveLength(1);
    expect(looseSettings('strict-allow-scripts=true\n//registry.npmjs.org/:_authToken=x\n')).toHaveLength(1);
  });

  test.each([
    ['an action by its tag', '- uses: actions/checkout@v4 # v4.0.0'],
    ['an action that does not say its version', `- uses: actions/checkout@${'a'.repeat(40)}`],
    ['a secret', '- run: deploy --key secrets.KEY'],
    ['a long-lived key', 'aws-access-key-id: AKIA'],
    ['an install beside the lock', '- run: npm install left-pad'],
  ])('in a workflow %s', (_, line) => {
    expect(looseWorkflow('w', `permissions: {}\n  ${line}\n`)).toHaveLength(1);
    expect(looseWorkflow('w', `${line}\n`).length).toBeGreaterThan(1);
  });
});

describe('workflows', () => {
  test('may only read what is there, but for one job each that releases and that deploys', () => {
    const writing = [...parsed].flatMap(([name, { permissions, jobs }]) =>
      [permissions, ...Object.values(jobs).map((job) => job.permissions ?? {})].flatMap((each) =>
        Object.entries(each).flatMap(([what, right]) => (right === 'write' ? [`${name}: ${what}`] : [])),
      ),
    );
    expect(writing.sort()).toEqual(['deploy.yml: id-token', 'release.yml: contents']);
  });

  test('a release is audited, tested, and says what it is made of', () => {
    const [audit, sbom] = ['npm audit --omit=dev --audit-level=high', 'npm sbom --package-lock-only --omit=dev'];
    expect(runs('release.yml')).toEqual(expect.arrayContaining([audit, 'bash .ci/run', expect.stringContaining(sbom)]));
    expect(runs('deploy.yml')).toEqual(expect.arrayContaining([audit]));
    expect(runs('deploy.yml').at(-1)).toMatch(/^npm run deploy /);
  });

  test('deploying assumes a role for an environment that is protected', () => {
    const job = parsed.get('deploy.yml')?.jobs.deploy;
    expect(job?.environment).toBe('production');
    const assumes = job?.steps.find((each) => 'uses' in each && each.uses.startsWith('aws-actions/'));
    expect(assumes).toMatchObject({ with: { 'role-to-assume': expect.stringContaining('vars.') } });
  });

  test('scripts that run on installing are those of three packages', () => {
    const allowed = Object.entries(manifest().allowScripts ?? {}).flatMap(([name, runs]) => (runs ? [name] : []));
    expect(allowed.sort()).toEqual(['classic-level', 'esbuild', 'node']);
  });
});

test('the role that operations.md describes trusts one environment of one repository, and may do nothing everywhere', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const section = /## Deploying from GitHub[\s\S]*?(?=\n## |$)/.exec(text)?.[0] ?? '';
  const blocks = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json));
  const [trust, permissions] = blocks as { Statement: Record<string, unknown>[] }[];
  expect(trust?.Statement).toEqual([
    {
      Effect: 'Allow',
      Principal: { Federated: expect.stringContaining(':oidc-provider/token.actions.githubusercontent.com') },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': expect.stringMatching(/^repo:[^*]+:environment:production$/),
        },
      },
    },
  ]);
  for (const { Action, Resource } of permissions?.Statement ?? []) {
    for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
    for (const resource of [Resource].flat()) expect(String(resource)).toMatch(/^arn:aws:[a-z]+:.+:.+/);
  }
  expect(permissions?.Statement.length).toBeGreaterThan(1);
});
