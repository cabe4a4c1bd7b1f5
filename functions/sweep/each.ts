/** Runs every step, also when one before it has failed: one item must not keep sweep from the others. Throws what failed, together. */
export async function each(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${steps.length} could not be swept`);
}
