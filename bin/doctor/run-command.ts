import { otherStacks } from './other-stacks.ts';
import { explain, findStack, type LiveStack } from './stack.ts';

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

/** Finds the stack that was asked for, and says on standard error which one it is, and which others run here. `doing`: what is done beside looking. */
export async function openStack(asked: { aws: boolean; data: string }, doing = ''): Promise<LiveStack> {
  const stack = await findStack(asked);
  process.stderr.write(`Looking at ${stack.called}${doing} …\n`);
  if (!asked.aws)
    for (const folder of otherStacks(asked.data)) process.stderr.write(`Another one runs on --data ${folder}\n`);
  return stack;
}
