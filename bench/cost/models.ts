import { costMicroDollars } from '../../shared/domain/cost.ts';
import { describeNotes, describePrompt, descriptionSchema } from '../../shared/domain/description.ts';

/** How a model counts a picture's tokens (platform.openai.com/docs/guides/images-vision, "Calculating costs"; Azure's rules are the same). */
type Rule = { by: 'tiles'; base: number; tile: number } | { by: 'patches'; factor: number };

const RULES: Readonly<Record<string, Rule>> = {
  'gpt-4o-mini': { by: 'tiles', base: 2_833, tile: 5_667 },
  'gpt-4.1-mini': { by: 'patches', factor: 1.62 },
  'gpt-4o': { by: 'tiles', base: 85, tile: 170 },
};
export const MODELS = Object.keys(RULES);

const TILE = 512;
const SHORT_SIDE = 768;
const PATCH = 32;
const MOST_PATCHES = 1_536;

/** Tokens of a picture in full detail, which is what `auto` means for one of this size. */
export function imageTokens(model: string, width: number, height: number): number {
  const rule = RULES[model];
  if (!rule) throw new RangeError(`Expected one of ${MODELS.join(', ')}, received "${model}"`);
  if (rule.by === 'patches') {
    const patches = Math.ceil(width / PATCH) * Math.ceil(height / PATCH);
    return Math.ceil(Math.min(MOST_PATCHES, patches) * rule.factor);
  }
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height));
  return rule.base + rule.tile * Math.ceil((width * scale) / TILE) * Math.ceil((height * scale) / TILE);
}

/** Letters to a token, of English. */
const LETTERS = 4;
/** Of a title, two or three sentences, ten tags and a file name as JSON. */
const OUTPUT_TOKENS = 160;
/** What the embedding is made of: title, description, tags. */
const EMBEDDED_TOKENS = 80;
const MEDIUM = { width: 800, height: 600 };

export interface Call {
  model: string;
  text: number;
  image: number;
  output: number;
  /** Of 1,000 photos, the embeddings included. */
  usd: number;
  /** The same where the picture is sent in low detail. */
  usd_low: number;
}

/** What describing and embedding a photo takes with a model. */
export function callOf(model: string): Call {
  const notes = describeNotes({ takenAt: '2025-07-01T10:00:00', place: 'Lisbon, Portugal' });
  const text = Math.ceil((describePrompt.length + notes.length + JSON.stringify(descriptionSchema).length) / LETTERS);
  const image = imageTokens(model, MEDIUM.width, MEDIUM.height);
  const rule = RULES[model];
  // A rule by patches knows no details.
  const low = rule?.by === 'tiles' ? rule.base : image;
  const embedding = costMicroDollars('text-embedding-3-small', { input: EMBEDDED_TOKENS, output: 0 });
  const usd = (input: number) => (costMicroDollars(model, { input, output: OUTPUT_TOKENS }) + embedding) / 1_000;
  return { model, text, image, output: OUTPUT_TOKENS, usd: usd(text + image), usd_low: usd(text + low) };
}
