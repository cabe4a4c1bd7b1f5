/**
 * Takes every step, also when one before it has failed: one item must not keep sweep from the others. Begins no more once `inTime` says
 * no: the rest is older at the next run. Answers how many were taken. Throws what failed, together.
 */
export async function each<T>(
  items: Iterable<T> | AsyncIterable<T>,
  step: (item: T) => Promise<void>,
  inTime: () => boolean = () => true,
): Promise<number> {
  const failures: unknown[] = [];
  let failed = 0;
  let taken = 0;
  for await (const item of items) {
    if (!inTime()) break;
    taken += 1;
    await step(item).catch((error: unknown) => {
      failed += 1;
      failures.push(...(error instanceof AggregateError ? error.errors : [error]));
    });
  }
  if (failed === 0) return taken;
  const names = new Set(failures.map((failure) => (failure instanceof Error ? failure.name : typeof failure)));
  throw new AggregateError(failures, `${failed} of ${taken} could not be swept: ${[...names].join(', ')}`);
}
