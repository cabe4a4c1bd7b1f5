import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokenRules, ROOT } from './layers.ts';
import { layers } from './rules.ts';

/** One forbidden import per rule: the file it stands in, and what it imports. */
const PLANTED: Record<string, { file: string; imports: string }> = {
  'no-cycles': { file: 'lib/a.ts', imports: './b.ts' },
  'domain-imports-domain': { file: 'shared/domain/impure.ts', imports: '../adapters/adapter.ts' },
  'functions-import-shared': { file: 'functions/one/handler.ts', imports: '../two/handler.ts' },
  'shared-stands-alone': { file: 'shared/adapters/upward.ts', imports: '../../functions/two/handler.ts' },
  'contract-knows-no-adapter': { file: 'shared/contract/leaky.ts', imports: '../adapters/adapter.ts' },
  'lib-knows-contract-and-config': { file: 'lib/deep.ts', imports: '../shared/adapters/adapter.ts' },
  'local-knows-the-template': { file: 'local/curious.ts', imports: '../functions/two/handler.ts' },
  'nothing-imports-tests': { file: 'bench/lazy.ts', imports: '../test/helper.ts' },
  'sdks-in-adapters': { file: 'functions/two/sdk.ts', imports: '@aws-sdk/client-s3' },
  'sharp-in-imaging': { file: 'functions/two/pixels.ts', imports: 'sharp' },
};
const INNOCENT = ['lib/b.ts', 'functions/two/handler.ts', 'shared/adapters/adapter.ts', 'test/helper.ts'];

describe('layer rules', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoebox-layers-'));
    const write = async (file: string, text: string) => {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    };
    for (const file of INNOCENT) await write(file, 'export const value = 1;\n');
    await write('lib/b.ts', "import './a.ts';\n");
    for (const { file, imports } of Object.values(PLANTED)) await write(file, `import '${imports}';\n`);
    await write('package.json', '{ "type": "module" }\n');
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('every rule has a planted import', () => {
    expect(Object.keys(PLANTED).sort()).toEqual((layers.forbidden ?? []).map(({ name }) => name).sort());
  });

  test('every planted import is refused by its rule, and nothing else is', async () => {
    const folders = ['lib', 'functions', 'shared', 'local', 'test', 'bench'];
    const broken = await brokenRules(folders, 10, folder);
    const found = new Set(broken.map(({ rule, from }) => `${rule.name} ${from}`));
    for (const [rule, { file }] of Object.entries(PLANTED)) expect(found).toContain(`${rule} ${file}`);
    const guilty = new Set([...Object.values(PLANTED).map(({ file }) => file), 'lib/b.ts']);
    expect(broken.filter(({ from }) => !guilty.has(from))).toEqual([]);
  });

  test('a run that read no sources is no success', async () => {
    await expect(brokenRules(['lib'], 1000, folder)).rejects.toThrow('nothing was checked');
  });
});
