import type { AzureOpenAIAdapter } from '../../shared/adapters/azure-openai.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { ImageKey, Images, StageOutcome } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Spendings } from '../../shared/adapters/spendings.ts';
import { placeName } from '../../shared/domain/description.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { thumbnailKey } from '../../shared/domain/object-keys.ts';
import { overBudget } from '../../shared/domain/quota.ts';
import { embedLooks, embedWords } from './embedding.ts';
import { openSpending, type Spending, type SpendingDeps } from './spending.ts';
import { type Answer, askForWords } from './words.ts';

export interface PortrayDeps extends SpendingDeps {
  spendings: Spendings;
  /** What one person may spend in a month, in micro-dollars; `Infinity` where there is no limit. */
  aiMicroUsd: number;
  images: Images;
  embeddings: Embeddings;
  objects: Objects;
  /** `null` where the stack has no Azure: then photos stay without words. */
  azure: AzureOpenAIAdapter | null;
  provider: 'azure' | 'visual';
  clock: Clock;
  step: <T>(name: 'ask' | 'keep' | 'embed' | 'store', run: () => Promise<T>) => Promise<T>;
}

/**
 * Finds words for a photo and stores them, then its embedding, and answers how the stage ends; `null` where the photo was erased, or
 * sent on a new round, meanwhile. Throws `AzureUnavailable` and `AzureMisconfigured`; what was bought by then is kept.
 */
export function createPortray(deps: PortrayDeps) {
  const { images, embeddings, objects, azure, provider, clock, spendings, aiMicroUsd, step } = deps;
  const embed = provider === 'azure' && azure ? embedWords(azure) : embedLooks;

  async function readThumbnail({ userId, imageId }: ImageKey): Promise<Uint8Array> {
    const bytes = await objects.read(thumbnailKey(userId, imageId, 'medium'));
    if (!bytes) throw new Error('Expected the thumbnail of a photo that was accepted; there is none.');
    return bytes;
  }

  async function ask(key: ImageKey, record: ImageRecord, spending: Spending): Promise<Answer> {
    // Bought by an earlier run of this round.
    if (record.described_in === record.generation) return { state: 'done', words: null };
    if (!azure) return { state: 'skipped' };
    // Those that are asked about at this moment are not known yet: so many photos may go beyond the budget.
    if ((await spendings.thisMonth(key.userId)) >= aiMicroUsd) {
      await spendings.noteWaiting(key.userId);
      return { state: 'waiting', error: overBudget(aiMicroUsd, clock()) };
    }
    const image = await readThumbnail(key);
    const { filename, taken_at, taken_at_source } = record;
    // The time of the upload says nothing about the picture.
    const takenAt = taken_at_source === 'upload' ? undefined : taken_at;
    const place = placeName(record.place);
    const notes = { ...(takenAt && { takenAt }), ...(place && { place }) };
    const about = { image, contentType: 'image/webp' as const, filename, now: clock(), ...notes };
    return step('ask', () => askForWords(azure, about, spending));
  }

  /** `false` where a new round has begun since: the embedding of its words is not to be replaced by this one. */
  async function store(key: ImageKey, { generation }: ImageRecord, vector: Float32Array): Promise<boolean> {
    if ((await images.get(key))?.generation !== generation) return false;
    await embeddings.put(key.userId, key.imageId, vector);
    return true;
  }

  return async function portray(key: ImageKey, begun: ImageRecord): Promise<StageOutcome | null> {
    const spending = openSpending(begun, deps);
    const answer = await ask(key, begun, spending);
    const words = answer.state === 'done' ? answer.words : null;
    const record = words ? await step('keep', () => images.keepWords(key, words, spending.total(), begun)) : begun;
    if (!record) return null;

    // Words of an earlier round have their embedding; another one would have to be paid for.
    const paid = embed !== embedLooks;
    const embedding =
      answer.state === 'waiting' && paid
        ? { vector: null }
        : await step('embed', () => embed(record, () => readThumbnail(key), spending));
    const { vector } = embedding;
    if (vector && !(await step('store', () => store(key, record, vector)))) return null;
    if ('error' in answer) return { state: answer.state, error: answer.error, ...spending.total() };
    if (embedding.error) return { state: 'failed', error: embedding.error, ...spending.total() };
    return { state: answer.state, ...spending.total() };
  };
}
