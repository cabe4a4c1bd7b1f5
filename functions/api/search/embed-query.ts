import type { AzureOpenAIAdapter, AzureRejected } from '../../../shared/adapters/azure-openai.ts';
import type { AzureThrottle } from '../../../shared/adapters/azure-throttle.ts';
import type { Clock } from '../../../shared/adapters/ids.ts';
import type { Logger } from '../../../shared/lambda/logger.ts';

/** The direction of a query's meaning, comparable with the photos' embeddings; `null` where it cannot be had now. */
export type EmbedQuery = (text: string) => Promise<Float32Array | null>;

const MOST_REMEMBERED = 100;
/** For how long a service that failed is not asked again by this process: a search must not wait for it each time. */
const COOL_OFF_MS = 15_000;

export interface EmbedQueryOptions {
  /** `null` where photos are not embedded by their words, so that no words can be compared with them. Loaded when first needed. */
  load: (() => Promise<Pick<AzureOpenAIAdapter, 'embed'>>) | null;
  throttle: Pick<AzureThrottle, 'last'>;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
}

/** Embeds queries with the model that embeds photos' words. Remembers the last 100; never throws, as words are found without it. */
export function createEmbedQuery({ load, throttle, clock, logger }: EmbedQueryOptions): EmbedQuery {
  const remembered = new Map<string, Float32Array>();
  let client: Promise<Pick<AzureOpenAIAdapter, 'embed'>> | undefined;
  let askAgainAt = 0;

  async function ask(text: string): Promise<Float32Array | null> {
    if (!load || clock().getTime() < askAgainAt) return null;
    const block = await throttle.last();
    if (block && block.until > clock()) return null;
    client ??= load();
    const { vectors } = await (await client).embed([text]);
    return vectors[0] ?? null;
  }

  return async function embedQuery(text) {
    const known = remembered.get(text);
    try {
      const vector = known ?? (await ask(text));
      if (!vector) return null;
      // The latest used last: the first is the one to forget.
      remembered.delete(text);
      remembered.set(text, vector);
      const oldest = remembered.keys().next();
      if (remembered.size > MOST_REMEMBERED && !oldest.done) remembered.delete(oldest.value);
      return vector;
    } catch (error) {
      client = undefined;
      if (!concernsText(error)) askAgainAt = clock().getTime() + COOL_OFF_MS;
      logger.warn('A query could not be embedded; only its words are looked for.', error as Error);
      return null;
    }
  };
}

/** This very text was refused; others may be answered. By name: the classes are loaded with the client, not before. */
function concernsText(error: unknown): boolean {
  const name: AzureRejected['name'] = 'AzureRejected';
  return error instanceof Error && error.name === name;
}
