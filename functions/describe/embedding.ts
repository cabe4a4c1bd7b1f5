import { AzureMalformed, type AzureOpenAIAdapter, AzureRejected } from '../../shared/adapters/azure-openai.ts';
import { embeddingText } from '../../shared/domain/description.ts';
import type { ImageRecord, Reason } from '../../shared/domain/image.ts';
import { visualEmbedding } from '../../shared/imaging/visual-embedding.ts';
import type { Spending } from './spending.ts';

export interface Embedding {
  /** 512 numbers, unit length; `null` where there is nothing to embed or it went wrong. */
  vector: Float32Array | null;
  error?: Reason;
}

/** Makes the embedding of a photo in one way for all of them: only then are they comparable. */
export type Embed = (
  record: ImageRecord,
  thumbnail: () => Promise<Uint8Array>,
  spending: Spending,
) => Promise<Embedding>;

/** From colour, layout and texture: needs no service. */
export const embedLooks: Embed = async (_, thumbnail) => ({ vector: await visualEmbedding(await thumbnail()) });

const MOST_QUESTIONS = 2;

/**
 * From the words said about a photo: one that has none gets no embedding, and so no cluster by likeness. Throws
 * `AzureUnavailable` and `AzureMisconfigured`.
 */
export function embedWords(azure: AzureOpenAIAdapter): Embed {
  return async ({ title, description, tags }, _, spending) => {
    if (title === undefined || description === undefined) return { vector: null };
    const text = embeddingText({ title, description, tags: tags ?? [] });
    for (let questions = 0; questions < MOST_QUESTIONS; questions += 1) {
      try {
        const { vectors, model, tokens } = await azure.embed([text]);
        await spending.add(model, tokens);
        return { vector: vectors[0] ?? null };
      } catch (error) {
        if (error instanceof AzureRejected) break;
        if (!(error instanceof AzureMalformed)) throw error;
      }
    }
    return { vector: null, error: NOT_EMBEDDED };
  };
}

const NOT_EMBEDDED: Reason = {
  code: 'embedding_failed',
  message: 'Azure OpenAI gave no usable embedding for this picture’s description. It is stored without a cluster.',
};
