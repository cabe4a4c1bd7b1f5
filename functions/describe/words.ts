import type { AzureOpenAIAdapter, DescribeInput } from '../../shared/adapters/azure-openai.ts';
import type { ModelWords } from '../../shared/adapters/image-words.ts';
import { displayName, promptVersion } from '../../shared/domain/description.ts';
import type { Reason } from '../../shared/domain/image.ts';
import type { Spending } from './spending.ts';

/** A wrong-shaped answer is worth one more try. */
const MOST_QUESTIONS = 2;

export type Answer =
  /** `null`: the words are already on the record. */
  | { state: 'done'; words: ModelWords | null }
  /** There is no model to ask. */
  | { state: 'skipped' }
  /** Final for this picture, and nobody's fault. */
  | { state: 'refused' | 'failed'; error: Reason }
  /** Its owner’s budget is used up. */
  | { state: 'waiting'; error: Reason };

/** Has a picture described. Throws `AzureUnavailable` and `AzureMisconfigured`. */
export async function askForWords(
  azure: AzureOpenAIAdapter,
  about: DescribeInput & { filename: string; now: Date },
  spending: Spending,
): Promise<Answer> {
  const { filename, now, ...input } = about;
  for (let questions = 0; questions < MOST_QUESTIONS; questions += 1) {
    const outcome = await azure.describe(input);
    if (outcome.model !== undefined && outcome.tokens) await spending.add(outcome.model, outcome.tokens);
    if (outcome.kind === 'refused') return { state: 'refused', error: REFUSED };
    if (outcome.kind === 'invalid') continue;
    const { title, description, tags, text } = outcome;
    const words: ModelWords = {
      title,
      description,
      tags: [...tags],
      text,
      display_name: displayName(outcome.filename, filename),
      described_by: { model: outcome.model, prompt_version: promptVersion, at: now.toISOString() },
    };
    return { state: 'done', words };
  }
  return { state: 'failed', error: INVALID };
}

const REFUSED: Reason = {
  code: 'content_filter',
  message: 'Azure OpenAI’s content filter declined to describe this picture. It is stored like any other.',
};

const INVALID: Reason = {
  code: 'invalid_answer',
  message: `Azure OpenAI answered ${MOST_QUESTIONS} times in a form that cannot be used. The picture is stored without a description.`,
};
