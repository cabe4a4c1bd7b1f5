/** Tokens of one call; embeddings have no output. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

/**
 * US dollars per million tokens, which is the same number as micro-dollars per token. Azure's list prices for global
 * standard deployments; an estimate for receipts, not a bill (regions, batches and cached input differ).
 */
const PRICES: Readonly<Record<string, Tokens>> = {
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'text-embedding-3-small': { input: 0.02, output: 0 },
  'text-embedding-3-large': { input: 0.13, output: 0 },
  'text-embedding-ada-002': { input: 0.1, output: 0 },
};

/** A model that is not in the table is priced as gpt-4o, the dearest in it: an estimate should not flatter. */
const UNKNOWN_MODEL: Tokens = { input: 2.5, output: 10 };

/**
 * Estimated cost of one call in whole micro-dollars (millionths of a US dollar), rounded up so that no paid call is free.
 * `model` is the name an answer carries (`gpt-4o-mini-2024-07-18`): the longest name in the table that starts it counts.
 */
export function costMicroDollars(model: string, tokens: Tokens): number {
  const price = priceOf(model.toLowerCase());
  // Less a hair: 0.1 + 0.2 must not become one more.
  return Math.max(0, Math.ceil(tokens.input * price.input + tokens.output * price.output - 1e-9));
}

/** What describing and embedding one photo takes, about: the prompt, a picture of 800 pixels, an answer of a few sentences. */
const TYPICAL_PHOTO: Tokens = { input: 1_400, output: 220 };

/** Estimated micro-dollars of describing one photo by a model nobody has named yet: the dearest in the table. */
export const typicalCostMicroDollars = (): number => costMicroDollars('', TYPICAL_PHOTO);

function priceOf(model: string): Tokens {
  const name = Object.keys(PRICES)
    .filter((known) => model === known || model.startsWith(`${known}-`))
    .sort((a, b) => b.length - a.length)[0];
  return (name === undefined ? undefined : PRICES[name]) ?? UNKNOWN_MODEL;
}
