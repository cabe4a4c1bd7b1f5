import { embedText } from './embedding.ts';
import { invalidRequest } from './errors.ts';
import { countTokens } from './tokens.ts';

const MODEL = 'text-embedding-3-small';
const MOST_DIMENSIONS = 1_536;
const MOST_INPUTS = 2_048;
const MOST_TOKENS = 8_191;

/**
 * Answers `POST …/embeddings` in the wire format, `encoding_format` `float` or `base64` (little-endian float32).
 * @throws AzureError 400 for what the service refuses
 */
export function createEmbeddings(request: Readonly<Record<string, unknown>>): object {
  const inputs = typeof request.input === 'string' ? [request.input] : request.input;
  if (
    !Array.isArray(inputs) ||
    inputs.length === 0 ||
    !inputs.every((input) => typeof input === 'string' && input !== '')
  ) {
    throw invalidRequest(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    );
  }
  if (inputs.length > MOST_INPUTS) {
    throw invalidRequest(`Too many inputs for model ${MODEL}. The max number of inputs is ${MOST_INPUTS}.`, 'input');
  }
  const tokens = inputs.map(countTokens);
  const longest = Math.max(...tokens);
  if (longest > MOST_TOKENS) {
    throw invalidRequest(
      `This model's maximum context length is ${MOST_TOKENS + 1} tokens, however you requested ${longest} tokens (${longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
    );
  }
  const dimensions = request.dimensions ?? MOST_DIMENSIONS;
  if (
    typeof dimensions !== 'number' ||
    !Number.isInteger(dimensions) ||
    dimensions < 1 ||
    dimensions > MOST_DIMENSIONS
  ) {
    throw invalidRequest(
      `Invalid value for 'dimensions' = ${String(dimensions)}. Must be an integer between 1 and ${MOST_DIMENSIONS}.`,
      'dimensions',
    );
  }
  const format = request.encoding_format ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    throw invalidRequest(
      `'${String(format)}' is not one of ['float', 'base64'] - 'encoding_format'`,
      'encoding_format',
    );
  }
  const total = tokens.reduce((sum, count) => sum + count, 0);
  return {
    object: 'list',
    data: inputs.map((input: string, index) => {
      const vector = embedText(input, dimensions);
      return {
        object: 'embedding',
        index,
        embedding: format === 'float' ? [...vector] : Buffer.from(vector.buffer).toString('base64'),
      };
    }),
    model: MODEL,
    usage: { prompt_tokens: total, total_tokens: total },
  };
}
