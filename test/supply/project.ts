import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Lock,
  loosePackages,
  looseSettings,
  looseWorkflow,
  type Manifest,
  ranges,
  undecidedScripts,
} from './findings.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

export const manifest = (): Manifest => JSON.parse(read('package.json'));
export const lock = (): Lock => JSON.parse(read('package-lock.json'));
export const npmrc = () => read('.npmrc');

/** Every workflow, by its name. */
export function workflows(): Map<string, string> {
  const folder = '.github/workflows/';
  return new Map(readdirSync(ROOT + folder).map((name) => [name, read(folder + name)]));
}

/** What is not pinned down in this project. */
export function findings(): string[] {
  return [
    ...ranges(manifest()),
    ...loosePackages(lock()),
    ...undecidedScripts(manifest(), lock()),
    ...looseSettings(npmrc()),
    ...[...workflows()].flatMap(([name, text]) => looseWorkflow(name, text)),
  ];
}
