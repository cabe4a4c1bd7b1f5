import { Stack } from 'aws-cdk-lib';
import { createBundles } from '../lib/bundle.ts';
import { FUNCTIONS } from '../lib/stack.ts';

export { FUNCTIONS };

/** The folders of the functions' code as it is deployed, by name. Bundles what has changed. */
export function bundleFolders(): Map<string, string> {
  const bundles = createBundles(new Stack(), FUNCTIONS);
  return new Map(FUNCTIONS.map((name) => [name, (bundles.codeFor(name) as unknown as { path: string }).path]));
}
