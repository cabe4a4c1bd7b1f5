import { AzureOpenAI } from 'openai';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import {
  clusterNamePrompt,
  clusterNameRequest,
  clusterNameSchema,
  normaliseClusterName,
} from '../domain/cluster-name.ts';
import { DIMENSIONS } from '../domain/clustering/vectors.ts';
import { costMicroDollars, type Tokens } from '../domain/cost.ts';
import {
  type Description,
  describeNotes,
  describePrompt,
  descriptionSchema,
  normaliseDescription,
} from '../domain/description.ts';
import { AzureMalformed, AzureMisconfigured, AzureRejected, AzureUnavailable, translateError } from './azure-errors.ts';

export { AzureMalformed, AzureMisconfigured, AzureRejected, AzureUnavailable } from './azure-errors.ts';

/** Hostile writing in a picture may ask for an endless answer; this bounds what one costs. */
const MOST_OUTPUT_TOKENS = 4_000;

/** Is told of every call that was made, or would have been with a key. */
export interface AzureObserver {
  /** `throttled`: it was turned away, or met a fault or a wrong setting, which is none of the picture's. */
  called(how: { throttled: boolean }): void;
  /** An answer that is paid for, at list prices, in micro-dollars. */
  spent(microUsd: number): void;
}

export interface AzureOpenAIOptions {
  /** `https://<resource>.openai.azure.com`, or the local emulator. */
  readonly endpoint: string;
  /** Asked before every call, so that a rotated key takes effect. Cache it on your side. */
  readonly apiKey: () => Promise<string>;
  readonly apiVersion: string;
  readonly chatDeployment: string;
  readonly embeddingDeployment: string;
  /** For one whole call, its body included. */
  readonly timeoutMs: number;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: () => Date;
  readonly observer?: AzureObserver;
}

/** `model` is the name in the answer (`gpt-4o-mini-2024-07-18`); it prices the tokens. */
interface Spent {
  readonly model: string;
  readonly tokens: Tokens;
}

export type DescribeOutcome =
  | ({ readonly kind: 'described' } & Description & Spent)
  /** The content filter, or the model itself, declined: final for this picture. */
  | ({ readonly kind: 'refused'; readonly reason: string } & Partial<Spent>)
  /** Not the shape that was asked for, or the input was not accepted: worth one more try. */
  | ({ readonly kind: 'invalid'; readonly reason: string } & Partial<Spent>);

export type NameOutcome =
  | ({ readonly kind: 'named'; readonly name: string } & Spent)
  | ({ readonly kind: 'refused'; readonly reason: string } & Partial<Spent>)
  | ({ readonly kind: 'invalid'; readonly reason: string } & Partial<Spent>);

export interface DescribeInput {
  readonly image: Uint8Array;
  readonly contentType: 'image/webp';
  /** The camera's local time, as stored on the record. */
  readonly takenAt?: string;
  readonly place?: string;
}

export interface Embedded extends Spent {
  /** One unit vector of {@link DIMENSIONS} numbers per text, in the same order. */
  readonly vectors: Float32Array[];
}

/** The calls the functions make. Each may throw {@link AzureUnavailable} or {@link AzureMisconfigured}; none retries or sleeps. */
export interface AzureOpenAIAdapter {
  describe(input: DescribeInput): Promise<DescribeOutcome>;
  /** 1–2,048 texts. Throws {@link AzureRejected} for input Azure does not take, {@link AzureMalformed} for a wrong answer. */
  embed(texts: readonly string[]): Promise<Embedded>;
  nameCluster(group: { descriptions: readonly string[]; siblings: readonly string[] }): Promise<NameOutcome>;
}

type Content = { kind: 'content'; value: unknown } & Spent;
type NoContent = { kind: 'refused' | 'invalid'; reason: string } & Partial<Spent>;

export function createAzureOpenAI(options: AzureOpenAIOptions): AzureOpenAIAdapter {
  const { chatDeployment, embeddingDeployment, clock = () => new Date(), observer } = options;
  const clientFor = keyedClient(options);

  async function call<T>(
    deploymentSetting: string,
    run: (client: AzureOpenAI, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const client = await clientFor().catch((error) => {
      if (error instanceof AzureMisconfigured) observer?.called({ throttled: true });
      throw error;
    });
    try {
      // The client's own timeout does not cover the body of an error answer; the signal does.
      const answer = await run(client, AbortSignal.timeout(options.timeoutMs));
      observer?.called({ throttled: false });
      return answer;
    } catch (error) {
      const translated = translateError(error, { deploymentSetting, now: clock() });
      observer?.called({
        throttled: translated instanceof AzureUnavailable || translated instanceof AzureMisconfigured,
      });
      throw translated;
    }
  }

  const paid = ({ model, tokens }: Spent) => observer?.spent(costMicroDollars(model, tokens));

  async function chat(request: Omit<ChatCompletionCreateParamsNonStreaming, 'model'>): Promise<Content | NoContent> {
    try {
      const body = { ...request, model: chatDeployment, max_completion_tokens: MOST_OUTPUT_TOKENS };
      const completion = await call('AZURE_OPENAI_DEPLOYMENT_NAME', (client, signal) =>
        client.chat.completions.create(body, { signal }),
      );
      const answer = readCompletion(completion);
      paid(answer);
      return answer;
    } catch (error) {
      if (error instanceof AzureRejected) {
        return {
          kind: error.filtered ? 'refused' : 'invalid',
          reason: error.filtered ? 'content_filter' : error.message,
        };
      }
      if (error instanceof AzureMalformed) return { kind: 'invalid', reason: error.message };
      throw error;
    }
  }

  return {
    async describe({ image, contentType, takenAt, place }) {
      const url = `data:${contentType};base64,${Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString('base64')}`;
      const answer = await chat({
        messages: [
          { role: 'system', content: describePrompt },
          {
            role: 'user',
            content: [
              { type: 'text', text: describeNotes({ takenAt, place }) },
              { type: 'image_url', image_url: { url, detail: 'auto' } },
            ],
          },
        ],
        response_format: { type: 'json_schema', json_schema: descriptionSchema },
      });
      if (answer.kind !== 'content') return answer;
      const { model, tokens } = answer;
      const description = normaliseDescription(answer.value);
      if (!description)
        return { kind: 'invalid', reason: 'The answer lacks a field or has one of another type.', model, tokens };
      return { kind: 'described', ...description, model, tokens };
    },

    async embed(texts) {
      const body = { model: embeddingDeployment, input: [...texts], dimensions: DIMENSIONS };
      const answer = await call('AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME', (client, signal) =>
        client.embeddings.create(body, { signal }),
      );
      if (!Array.isArray(answer?.data) || answer.data.length !== texts.length) {
        throw new AzureMalformed(`Expected ${texts.length} embeddings, received ${answer?.data?.length ?? 'none'}.`);
      }
      const spent = { model: answer.model, tokens: { input: answer.usage?.prompt_tokens ?? 0, output: 0 } };
      paid(spent);
      const vectors = [...answer.data].sort((a, b) => a.index - b.index).map(({ embedding }) => unit(embedding));
      return { vectors, ...spent };
    },

    async nameCluster(group) {
      const answer = await chat({
        messages: [
          { role: 'system', content: clusterNamePrompt },
          { role: 'user', content: clusterNameRequest(group) },
        ],
        response_format: { type: 'json_schema', json_schema: clusterNameSchema },
      });
      if (answer.kind !== 'content') return answer;
      const { model, tokens } = answer;
      const name = normaliseClusterName(answer.value, group.siblings);
      return name
        ? { kind: 'named', name, model, tokens }
        : { kind: 'invalid', reason: 'The answer has no name.', model, tokens };
    },
  };
}

/** Keeps one client (and so its connections) for as long as the key stays the same. */
function keyedClient(options: AzureOpenAIOptions): () => Promise<AzureOpenAI> {
  let current: { key: string; client: AzureOpenAI } | undefined;
  return async () => {
    const key = await options.apiKey();
    if (key === '')
      throw new AzureMisconfigured(
        'AZURE_OPENAI_API_KEY',
        'Expected the key of the Azure resource, received an empty value.',
      );
    if (current?.key !== key) {
      const client = new AzureOpenAI({
        // Not `endpoint`: then OPENAI_BASE_URL from the environment could redirect pictures elsewhere.
        baseURL: `${options.endpoint.replace(/\/+$/, '')}/openai`,
        apiKey: key,
        apiVersion: options.apiVersion,
        organization: null,
        project: null,
        maxRetries: 0,
        timeout: options.timeoutMs,
        logLevel: 'off',
        ...(options.fetch ? { fetch: options.fetch } : {}),
      });
      current = { key, client };
    }
    return current.client;
  };
}

/** Sorts a completion into parsed content, one of the two refusals that come with status 200, or nonsense. */
function readCompletion(completion: ChatCompletion): (Content | NoContent) & Spent {
  const spent = {
    model: typeof completion?.model === 'string' ? completion.model : 'unknown',
    tokens: { input: completion?.usage?.prompt_tokens ?? 0, output: completion?.usage?.completion_tokens ?? 0 },
  };
  const choice = completion?.choices?.[0];
  if (choice?.finish_reason === 'content_filter') return { kind: 'refused', reason: 'content_filter', ...spent };
  if (choice?.message?.refusal) return { kind: 'refused', reason: 'model_refusal', ...spent };
  if (choice?.finish_reason === 'length')
    return { kind: 'invalid', reason: 'The answer was cut off for length.', ...spent };
  const content = choice?.message?.content;
  if (typeof content !== 'string') return { kind: 'invalid', reason: 'The answer has no content.', ...spent };
  try {
    return { kind: 'content', value: JSON.parse(content), ...spent };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'invalid', reason: 'The content is not JSON.', ...spent };
  }
}

/** A unit vector in single precision; the service's own are unit length only up to rounding and shortening. */
function unit(values: readonly number[]): Float32Array {
  if (!Array.isArray(values) || values.length !== DIMENSIONS) {
    throw new AzureMalformed(`Expected ${DIMENSIONS} numbers in an embedding, received ${values?.length ?? 'none'}.`);
  }
  const length = Math.hypot(...values);
  if (!(length > 0) || !Number.isFinite(length))
    throw new AzureMalformed('Expected a finite embedding other than zero.');
  return Float32Array.from(values, (value) => value / length);
}
