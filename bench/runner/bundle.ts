import { rmSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
/** Of this run only; packages that bundles leave out are found beside them. */
const FOLDER = join(tmpdir(), `shoebox-bench-${process.pid}`);

/** Where `bundle` puts a contender of ours: to name it in a suite before it is there. */
export const bundled = (contender: string) => join(FOLDER, `${parse(contender).name}.mjs`);

/**
 * Bundles contenders of ours (paths from the repository) as functions are when they are deployed. From the sources, Node would have to take the types out of
 * hundreds of modules, which costs more time and memory than the work that is to be measured.
 */
export async function bundle(...contenders: string[]): Promise<void> {
  // Not above: they bring the whole of the CDK.
  const [{ BUNDLE_OPTIONS }, esbuild] = await Promise.all([import('../../lib/bundle.ts'), import('esbuild')]);
  process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));
  await mkdir(FOLDER, { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(FOLDER, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const entryPoints = contenders.map((contender) => join(ROOT, contender));
  await esbuild.build({ ...BUNDLE_OPTIONS, absWorkingDir: ROOT, entryPoints, outdir: FOLDER, entryNames: '[name]' });
}
