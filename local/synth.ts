import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('../bin/shoebox.ts', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

export interface SynthOptions {
  readonly outDir: string;
  /** The whole environment of the process. */
  readonly env: Record<string, string>;
  readonly onProcess?: (pid: number, exited: Promise<unknown>) => void;
}

/** The app refused, mostly a setting. The message is its own words: a stack of ours would say nothing more. */
class NotSynthesized extends Error {
  override name = 'NotSynthesized';
}

/**
 * Synthesizes the very stack that is deployed, as `cdk synth` does, by running the app itself. The context tells it only that
 * the machine brings its own sharp. Throws with the app's own words when it fails.
 */
export async function synthesize({ outDir, env, onProcess }: SynthOptions): Promise<void> {
  rmSync(outDir, { recursive: true, force: true });
  const context = { 'shoebox:host': 'local' };
  const child = spawn(process.execPath, [APP], {
    cwd: REPOSITORY,
    env: { ...env, CDK_OUTDIR: outDir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      words += text;
    });
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  onProcess?.(child.pid ?? 0, exited);
  const code = await exited;
  if (code !== 0)
    throw new NotSynthesized(`The stack could not be synthesized (exit status ${code}):\n${words.trim()}`);
}
