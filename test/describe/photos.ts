import { Logger } from '@aws-lambda-powertools/logger';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { createDescribe, type DescribeDeps, type DescribeStep } from '../../functions/describe/describe.ts';
import type { AzureEmulator } from '../../local/emulators/azure/server.ts';
import { createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { newUuid } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { freshStages, type ImageRecord } from '../../shared/domain/image.ts';
import { thumbnailKey } from '../../shared/domain/object-keys.ts';
import { Killed } from '../support/mortal.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE, type World } from '../support/world.ts';

export const API_VERSION = '2024-10-21';
export const DEPLOYMENTS = { chat: 'our-chat', embedding: 'our-embedding' };

export const accepted = {
  status: 'processing',
  stages: { ...freshStages(), ingest: { state: 'done', attempts: 1 }, faces: { state: 'done', attempts: 1 } },
} as const;

let galleries = 0;

/** One user's accepted photos on their way through describe, a clock that can be moved, and what was asked of the queue. */
export function openPhotos(
  world: World,
  userId: string,
  azure: AzureEmulator,
  own: Partial<DescribeDeps> = {},
  logger = new Logger({ logLevel: 'SILENT' }),
) {
  // Ids are unique among all users, as they are in truth.
  galleries += 1;
  const first = galleries * 100;
  const id = (number: number) => imageId(first + number);
  let now = Date.now();
  const clock = () => new Date(now);
  let key = azure.apiKey;
  const deps: DescribeDeps = {
    images: createImages(world.table, TABLE, clock),
    embeddings: createEmbeddings(world.table, TABLE),
    objects: createObjects(world.s3, BUCKET),
    queues: createQueues(world.sqs, { describe: world.urls.describe, organize: world.urls.organize }),
    throttle: createAzureThrottle(world.table, TABLE, clock),
    azure: createAzureOpenAI({
      endpoint: azure.endpoint,
      apiKey: async () => key,
      apiVersion: API_VERSION,
      chatDeployment: DEPLOYMENTS.chat,
      embeddingDeployment: DEPLOYMENTS.embedding,
      timeoutMs: 20_000,
      clock,
    }),
    provider: 'azure',
    spendings: createSpendings(world.table, TABLE, clock),
    aiMicroUsd: Number.POSITIVE_INFINITY,
    newId: newUuid,
    random: () => 0.5,
    clock,
    ...own,
  };
  const keyOf = (number: number) => ({ userId, imageId: id(number) });

  return {
    ...deps,
    id,
    keyOf,
    advance(seconds: number): void {
      now += seconds * 1_000;
    },
    useKey(value: string): void {
      key = value;
    },

    /** A photo as `ingest` leaves it. */
    async accept(number: number, thumbnail: Uint8Array, changes: Partial<ImageRecord> = {}): Promise<void> {
      await deps.images.create(imageRecord(userId, first + number, { ...accepted, ...changes }));
      const Key = thumbnailKey(userId, id(number), 'medium');
      await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: thumbnail }));
    },

    /** Receives the message about a photo, so that there is one that can be postponed. */
    async receive(number: number): Promise<string> {
      await world.drain('describe');
      await createQueues(world.sqs, world.urls).describe({ user_id: userId, image_id: id(number) });
      const answer = await world.sqs.send(new ReceiveMessageCommand({ QueueUrl: world.urls.describe }));
      return answer.Messages?.[0]?.ReceiptHandle ?? '';
    },

    /** One delivery of the message about a photo. */
    async run(
      number: number,
      checkpoint: (step: DescribeStep) => void | Promise<void> = () => {},
      receiveCount = 1,
    ): Promise<void> {
      const receiptHandle = await this.receive(number);
      await createDescribe({ ...deps, checkpoint })({ ...keyOf(number), receiptHandle, receiveCount }, logger);
    },

    /** A delivery during which something happens once, just before `step`. Answers whether that step was reached. */
    async runWith(number: number, step: DescribeStep, happens: () => void | Promise<void>): Promise<boolean> {
      let reached = false;
      await this.run(number, async (name) => {
        if (name !== step || reached) return;
        reached = true;
        await happens();
      });
      return reached;
    },

    /** A delivery that dies just before `step`. Answers whether that step was reached. */
    async runUntil(number: number, step: DescribeStep): Promise<boolean> {
      try {
        await this.run(number, (name) => {
          if (name === step) throw new Killed('killed by the test');
        });
        return false;
      } catch (error) {
        if (error instanceof Killed) return true;
        throw error;
      }
    },

    async record(number: number): Promise<ImageRecord> {
      return (await deps.images.get(keyOf(number))) as ImageRecord;
    },

    async vector(number: number): Promise<Float32Array | undefined> {
      return (await deps.embeddings.getMany(userId, [id(number)])).get(id(number));
    },

    /** The events `organize` was sent since the last time this was asked. */
    async events(): Promise<unknown[]> {
      const events = (await world.drain('organize')) as { user_id: string }[];
      return events.filter((event) => event.user_id === userId);
    },
  };
}
export type Photos = ReturnType<typeof openPhotos>;
