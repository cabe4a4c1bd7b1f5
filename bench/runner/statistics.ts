export interface Summary {
  median: number;
  min: number;
  max: number;
}

/** Median and spread of at least one number; of an even count the mean of the two in the middle. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}
