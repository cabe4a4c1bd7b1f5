import { filterResults, invalidRequest, promptFiltered } from './errors.ts';
import type { FaultPlan } from './faults.ts';
import { readMessages } from './messages.ts';
import { nameGroup, readGroup } from './naming.ts';
import { checkStrictSchema, fillSchema, type Schema } from './schema.ts';
import { countImageTokens, countTokens } from './tokens.ts';
import type { Seen } from './vision/describe.ts';

const MODEL = 'gpt-4o-mini-2024-07-18';
const FIRST_VERSION_WITH_SCHEMAS = '2024-08-01-preview';
const MOST_TOKENS = 128_000;

export interface ChatContext {
  readonly apiVersion: string;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly faults: FaultPlan;
  /** Looks at a picture. Rejects with {@link AzureError} if it cannot be decoded. */
  readonly see: (image: Uint8Array) => Promise<Seen>;
}

/**
 * Answers `POST …/chat/completions`: describes the first picture in the conversation, or names the group that a
 * text-only request lists, as JSON of exactly the schema in `response_format`.
 * @throws AzureError for what the service refuses
 */
export async function completeChat(request: Readonly<Record<string, unknown>>, context: ChatContext): Promise<object> {
  const format = readFormat(request.response_format, context.apiVersion);
  if (request.stream === true) throw invalidRequest('Streaming is not offered by this emulator.', 'stream');
  const { texts, userText, images } = readMessages(request.messages);
  if (context.faults.take('refusePrompt')) throw promptFiltered();
  const seen = await Promise.all(images.map(({ bytes }) => context.see(bytes)));
  const imageTokens = seen.map(({ width, height }, index) =>
    countImageTokens(width, height, images[index]?.detail ?? 'auto'),
  );
  const promptTokens = [...texts.map(countTokens), ...imageTokens].reduce((sum, count) => sum + count, 0);
  if (promptTokens > MOST_TOKENS) {
    throw invalidRequest(
      `This model's maximum context length is ${MOST_TOKENS} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,
      'messages',
      'context_length_exceeded',
    );
  }
  const choice = choose(answer(seen[0], userText, format), context.faults, outputLimit(request));
  const completionTokens = countTokens(choice.message.content ?? choice.message.refusal ?? '');
  return {
    id: `chatcmpl-${context.newId()}`,
    object: 'chat.completion',
    created: Math.floor(context.clock().getTime() / 1_000),
    model: MODEL,
    system_fingerprint: 'fp_local',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: filterResults() }],
    choices: [choice],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

/** The content of the answer: JSON by the schema, or a sentence where none was asked for. */
function answer(seen: Seen | undefined, userText: string, format: Schema | 'json' | undefined): string {
  const known = seen ? knowledgeOfPicture(seen) : knowledgeOfGroup(userText);
  if (typeof format === 'object') return JSON.stringify(fillSchema(format, known));
  if (format === 'json') return JSON.stringify(Object.fromEntries(known));
  return String(known.get('description') ?? known.get('name') ?? '');
}

/** By property name without case and separators: a schema says what it wants through the names of its properties. */
function knowledgeOfPicture(seen: Seen): ReadonlyMap<string, unknown> {
  const { title, description, tags, filename, colours } = seen;
  const aliases: Record<string, readonly string[]> = {
    title: ['title', 'caption', 'headline', 'name'],
    description: ['description', 'summary', 'alt', 'alttext', 'details'],
    tags: ['tags', 'keywords', 'labels', 'categories', 'subjects'],
    filename: ['filename', 'file', 'suggestedfilename'],
    colours: ['colors', 'colours', 'palette'],
  };
  const values: Record<string, unknown> = { title, description, tags, filename, colours };
  return new Map(Object.entries(aliases).flatMap(([key, names]) => names.map((name) => [name, values[key]] as const)));
}

function knowledgeOfGroup(text: string): ReadonlyMap<string, unknown> {
  const { members, taken } = readGroup(text);
  const name = nameGroup(members, taken);
  return new Map(['name', 'title', 'label', 'caption'].map((key) => [key, name]));
}

function choose(content: string, faults: FaultPlan, limit: number) {
  const base = { index: 0, logprobs: null, content_filter_results: filterResults() };
  const said = (finish_reason: string, text: string | null, refusal: string | null = null) => ({
    ...base,
    finish_reason,
    message: { role: 'assistant', content: text, refusal },
  });
  if (faults.take('refuseFinish')) {
    const cut = content.slice(0, content.length / 2);
    return { ...said('content_filter', cut), content_filter_results: filterResults('violence') };
  }
  if (faults.take('refusal')) return said('stop', null, "I'm sorry, I can't help with that.");
  if (faults.take('malformed')) return said('stop', JSON.stringify({ unexpected: [content.length, true] }));
  return countTokens(content) > limit ? said('length', content.slice(0, limit)) : said('stop', content);
}

function outputLimit(request: Readonly<Record<string, unknown>>): number {
  const { max_completion_tokens: newer, max_tokens: older } = request;
  if (newer !== undefined && older !== undefined) {
    throw invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
    );
  }
  const limit = newer ?? older ?? Number.POSITIVE_INFINITY;
  if (typeof limit !== 'number' || limit < 1) {
    throw invalidRequest(
      `Invalid 'max_completion_tokens': expected a value >= 1, but got ${String(limit)} instead.`,
      'max_completion_tokens',
      'integer_below_min_value',
    );
  }
  return limit;
}

/** The schema asked for, `json` for any JSON object, undefined for plain text. */
function readFormat(format: unknown, apiVersion: string): Schema | 'json' | undefined {
  if (format === undefined) return undefined;
  const { type, json_schema: wanted } = format as { type?: unknown; json_schema?: Readonly<Record<string, unknown>> };
  if (type === 'text') return undefined;
  if (type === 'json_object') return 'json';
  if (type !== 'json_schema') {
    throw invalidRequest(
      `Invalid value: '${String(type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`,
      'response_format.type',
      'invalid_value',
    );
  }
  if (apiVersion.slice(0, 10) < FIRST_VERSION_WITH_SCHEMAS.slice(0, 10)) {
    throw invalidRequest(
      `response_format value as json_schema is enabled only for api versions ${FIRST_VERSION_WITH_SCHEMAS} and later`,
      null,
      'BadRequest',
    );
  }
  const name = wanted?.name;
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw invalidRequest(
      "Invalid 'response_format.json_schema.name': expected 1 to 64 letters, digits, '_' or '-'.",
      'response_format.json_schema.name',
      'invalid_value',
    );
  }
  if (wanted?.strict === true) checkStrictSchema(name, wanted.schema);
  return (wanted?.schema ?? {}) as Schema;
}
