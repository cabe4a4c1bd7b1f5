import { fileURLToPath } from 'node:url';
import { cruise, type IViolation } from 'dependency-cruiser';
import { layers } from './rules.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['bin', 'lib', 'functions', 'shared', 'local', 'test', 'bench'];
/** Far fewer modules than there are mean that the sources were not understood, and nothing was checked. */
const LEAST_MODULES = 100;

/** Imports that break a layer rule. Throws where the sources could not be read. */
export async function brokenRules(
  folders: readonly string[] = FOLDERS,
  leastModules = LEAST_MODULES,
  baseDir = ROOT,
): Promise<IViolation[]> {
  const { options, ...ruleSet } = layers;
  const { output } = await cruise([...folders], { ...options, baseDir, validate: true, ruleSet });
  if (typeof output === 'string')
    throw new Error(`Expected the result as data, received text: ${output.slice(0, 200)}`);
  const { totalCruised, violations } = output.summary;
  if (totalCruised < leastModules) {
    throw new Error(
      `Expected at least ${leastModules} modules, found ${totalCruised}: the sources were not read, so nothing was checked.`,
    );
  }
  return violations;
}
