import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { BUILD_CACHE, buildOnce, REPOSITORY } from './build-cache.ts';
import { FROM_LAYER } from './bundle.ts';

/** Context that says the template is for the local stack, which brings the machine's own packages. */
export const HOST_CONTEXT = 'shoebox:host';

const PLATFORM = ['--os=linux', '--cpu=arm64', '--libc=glibc'];

interface LockedPackage {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
interface Lockfile {
  lockfileVersion: number;
  packages: Record<string, LockedPackage>;
}

/** The packages that are not bundled, for arm64 Linux, as a layer: made by npm on any machine, without Docker. */
export function createPackageLayer(scope: Construct, id: string): LayerVersion {
  const unused = scope.node.tryGetContext(HOST_CONTEXT) === 'local' || !Stack.of(scope).bundlingRequired;
  const folder = unused ? emptyFolder() : installPackages(BUILD_CACHE);
  return new LayerVersion(scope, id, {
    description: `${FROM_LAYER.join(', ')} for arm64 Linux`,
    code: Code.fromAsset(folder),
    compatibleArchitectures: [Architecture.ARM_64],
    compatibleRuntimes: [Runtime.NODEJS_24_X],
  });
}

/** A folder of the same (no) content on every machine, so that its asset keeps one name. */
function emptyFolder(): string {
  const folder = join(tmpdir(), 'shoebox-no-layer');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Installs the packages of the layer and what they need, in the very versions of this repository's lock file, below `cache`, once per
 * set of versions; answers the folder to ship (`nodejs/node_modules/…`). Throws where npm fails.
 */
export function installPackages(cache: string): string {
  const root = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as Lockfile;
  const lock = lockFor(FROM_LAYER, root);
  const versions = Object.entries(lock.packages[''].dependencies ?? {}).map((pair) => pair.join('-'));
  return buildOnce(cache, 'packages', `${versions.join('_')}_linux-arm64`, (draft) => {
    const nodejs = join(draft, 'nodejs');
    mkdirSync(nodejs);
    writeFileSync(join(nodejs, 'package.json'), JSON.stringify(lock.packages['']));
    writeFileSync(join(nodejs, 'package-lock.json'), JSON.stringify(lock));
    try {
      execFileSync('npm', ['ci', ...PLATFORM, '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: nodejs,
        stdio: ['ignore', 'ignore', 'inherit'],
        shell: process.platform === 'win32',
      });
    } catch (cause) {
      const needs = 'npm must be on the PATH and reach its registry';
      throw new Error(`The layer of packages could not be built; ${needs}.`, { cause });
    }
  });
}

/** The part of a lock file that `names` reach: every platform's packages, of which npm then picks the one asked for. */
function lockFor(names: readonly string[], root: Lockfile): Lockfile & { packages: { '': LockedPackage } } {
  const packages: Record<string, LockedPackage> = {};
  const add = (dependency: string, from: string) => {
    const path = locate(dependency, from, root);
    const locked = path === undefined ? undefined : root.packages[path];
    if (path === undefined || locked === undefined || path in packages) return;
    packages[path] = locked;
    for (const next of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) add(next, path);
  };
  const dependencies: Record<string, string> = {};
  for (const name of names) {
    add(name, '');
    const version = packages[`node_modules/${name}`]?.version;
    if (version === undefined) throw new Error(`package-lock.json holds no ${name}; run npm install`);
    dependencies[name] = version;
  }
  return { ...root, packages: { ...packages, '': { version: '1.0.0', dependencies } } };
}

/** Where `dependency` of the package at `from` lies: nested below it or below one of its ancestors, as Node resolves it. */
function locate(dependency: string, from: string, root: Lockfile): string | undefined {
  for (let at = from; ; at = posix.dirname(at)) {
    const path = posix.join(at, 'node_modules', dependency);
    if (path in root.packages) return path;
    if (at === '' || at === '.') return undefined;
  }
}
