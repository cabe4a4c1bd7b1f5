/** How many: the next so many, or each with a probability (0–1). */
export type Amount = { readonly count: number } | { readonly share: number };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads `3` or `2.5%`; `undefined` for anything else. */
export function parseAmount(text: string): Amount | undefined {
  const [, number = '', percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === '') return undefined;
  if (percent === '%') return Number(number) <= 100 ? { share: Number(number) / 100 } : undefined;
  return number.includes('.') ? undefined : { count: Number(number) };
}

/** Milliseconds of `200ms`, `30s`, `10m` or `1h`; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return number === '' ? undefined : Number(number) * (UNITS[unit] ?? 0);
}

/** Says of one after the other whether it is meant. */
export function createTally(amount: Amount, random: () => number): () => boolean {
  if ('share' in amount) return () => random() < amount.share;
  let left = amount.count;
  return () => left > 0 && left-- > 0;
}
