/** What of packages and workflows is not pinned down. */

export interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  overrides?: Record<string, unknown>;
  allowScripts?: Record<string, boolean>;
}

export interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  inBundle?: boolean;
  hasInstallScript?: boolean;
}

export interface Lock {
  packages: Record<string, Locked>;
}

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const REGISTRY = 'https://registry.npmjs.org/';

/** Versions that are no exact ones, wherever the manifest names any. */
export function ranges({ overrides = {}, ...manifest }: Manifest): string[] {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
  const named = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}));
  return [...named, ...versionsWithin(overrides)]
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${name}: expected an exact version, got ${version}`);
}

function versionsWithin(overrides: Record<string, unknown>): [string, string][] {
  return Object.entries(overrides).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? versionsWithin(value as Record<string, unknown>)
      : [[name, String(value)]],
  );
}

/** Packages whose bytes the lock does not tie down, or that come from elsewhere than the registry. */
export function loosePackages({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, { integrity, resolved, inBundle }]) => {
    if (path === '' || inBundle) return [];
    return [
      ...(integrity?.startsWith('sha512-') ? [] : [`${path}: expected an SHA-512 of its bytes in the lock`]),
      ...(resolved === undefined || resolved.startsWith(REGISTRY) ? [] : [`${path}: comes from ${resolved}`]),
    ];
  });
}

/** Install scripts nobody has decided about, and decisions about none. */
export function undecidedScripts({ allowScripts = {} }: Manifest, { packages }: Lock): string[] {
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const having = new Set(
    Object.entries(packages).flatMap(([path, { hasInstallScript, inBundle }]) =>
      hasInstallScript && !inBundle ? [nameOf(path)] : [],
    ),
  );
  const undecided = [...having].filter((name) => !(name in allowScripts));
  const stale = Object.keys(allowScripts).filter((name) => !having.has(name));
  return [
    ...undecided.map((name) => `${name}: has an install script; allow or deny it by name in allowScripts`),
    ...stale.map((name) => `${name}: has no install script; remove it from allowScripts`),
  ];
}

/** Of npm's settings. */
export function looseSettings(npmrc: string): string[] {
  const lines = npmrc.split('\n').map((line) => line.replaceAll(' ', ''));
  return [
    ...(lines.includes('strict-allow-scripts=true') ? [] : ['.npmrc: expected strict-allow-scripts=true']),
    ...lines
      .filter((line) => /_auth|token|password|registry=/i.test(line))
      .map(() => '.npmrc: names a registry or a secret'),
  ];
}

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;

/** Of a workflow: actions by anything but a commit, secrets, rights nobody limited, packages installed otherwise than by the lock. */
export function looseWorkflow(name: string, text: string): string[] {
  const uses = [...text.matchAll(/^\s*(?:- )?uses:\s*(\S+)\s*(#.*)?$/gm)];
  const say = (what: string) => `${name}: ${what}`;
  return [
    ...uses
      .filter(([, action = '']) => !PINNED.test(action))
      .map(([, action]) => say(`${action} is not pinned to a commit`)),
    ...uses
      .filter(([, , comment]) => !/^# v\d+\.\d+\.\d+$/.test(comment ?? ''))
      .map(([, action]) => say(`${action} does not say its version`)),
    ...(/\bsecrets\b/.test(text) ? [say('names a secret')] : []),
    ...(/aws-(secret-)?access-key/i.test(text) ? [say('uses a long-lived key')] : []),
    ...(/^permissions:/m.test(text) ? [] : [say('does not limit its permissions')]),
    ...(/npm (install|i)\b/.test(text) ? [say('installs otherwise than by the lock')] : []),
  ];
}
