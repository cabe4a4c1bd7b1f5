import { explain } from './stack.ts';

/** Ends a command that looks at a running stack with what `main` answers; with 2 and words on standard error where it could not look. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const words = explain(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.stderr.write(`${words}\n`);
    process.exitCode = 2;
  }
}
