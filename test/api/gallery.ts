import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createIndexPhotos } from '../../functions/organize/index-photos.ts';
import { embedText } from '../../local/emulators/azure/embedding.ts';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createEvents } from '../../shared/adapters/events.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createNearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import { createVectors } from '../../shared/adapters/vectors.ts';
import type { SearchPage } from '../../shared/contract/schemas.ts';
import { embeddingText } from '../../shared/domain/description.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { AT, imageRecord } from '../support/records.ts';
import { TABLE, VECTOR_BUCKET } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

const KEY = 'a-key';

/** The api function with an Azure beside it that embeds words. */
export async function startApiWithAzure(
  overrides: Record<string, string> = {},
): Promise<Api & { azure: AzureEmulator }> {
  const azure = await startAzure({ apiKey: KEY, deployments: { chat: 'chat', embedding: 'embedding' } });
  const api = await startApi({
    AZURE_OPENAI_ENDPOINT: azure.endpoint,
    AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: 'embedding',
    ...overrides,
  });
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint: api.world.aws.endpoints.secretsmanager,
    credentials: api.world.aws.credentials,
  });
  const SecretString = JSON.stringify({ azure_openai_api_key: KEY, url_signing_key: 'k'.repeat(40) });
  await secrets.send(new CreateSecretCommand({ Name: 'shoebox', SecretString }));
  secrets.destroy();
  async function stop() {
    await api.stop();
    await azure.stop();
  }
  return { ...api, azure, stop };
}

/** A photo that has come all the way. */
export function donePhoto(userId: string, number: number, changes: Partial<ImageRecord> = {}): ImageRecord {
  const record = imageRecord(userId, number, {
    status: 'done',
    filename: `${number}.jpg`,
    display_name: `${number}.jpg`,
    width: 400,
    height: 300,
    bytes: 1_000,
    ...changes,
  });
  for (const name of ['ingest', 'describe', 'faces', 'organize'] as const)
    record.stages[name] = changes.stages?.[name] ?? { state: 'done', attempts: 1, ms: 100 };
  return record;
}

/** One user's photos, written as the pipeline writes them: the record, then what organize derives from it. */
export function openGallery({ world }: Api, userId: string) {
  const clock = () => AT;
  const images = createImages(world.table, TABLE, clock);
  const index = createImageIndex(world.table, TABLE);
  const near = createNearDuplicates(world.table, TABLE);
  const embeddings = createEmbeddings(world.table, TABLE);
  const vectors = createVectors(world.vectors, VECTOR_BUCKET);
  const clusters = createClusters(world.table, TABLE);
  const events = createEvents(world.table, TABLE);
  const faces = createFaces(world.table, TABLE);
  const indexPhotos = createIndexPhotos({ images, index, near, events, faces, clock });

  async function store(record: ImageRecord): Promise<void> {
    const { image_id, title, description, tags = [], cluster } = record;
    await images.create(record);
    if (cluster?.cluster_id) await clusters.addMember(userId, cluster.cluster_id, image_id);
    if (title === undefined || description === undefined) return;
    const vector = embedText(embeddingText({ title, description, tags }), 512);
    await Promise.all([embeddings.put(userId, image_id, vector), vectors.put(userId, image_id, vector)]);
  }

  return {
    photo: (number: number, changes: Partial<ImageRecord> = {}) => donePhoto(userId, number, changes),

    /** Adds photos; those that are described are embedded by their words. */
    async add(...records: ImageRecord[]): Promise<void> {
      await Promise.all(records.map(store));
      await indexPhotos(
        userId,
        records.map((record) => ({ image_id: record.image_id, record })),
      );
    },

    /** Deletes a photo as its owner does: organize has not yet come to it. */
    hide: (imageId: string) => images.markDeleted({ userId, imageId }),
  };
}

/** A photo of a dog, a boat …: words as a model writes them. */
export function described(subject: string, tags: readonly string[] = []): Partial<ImageRecord> {
  return {
    title: `A ${subject}`,
    description: `It shows a ${subject}. The light is even, mostly grey.`,
    tags: [subject, ...tags],
  };
}

export interface Searched extends SearchPage {
  ids: string[];
}

/** Asks a search as one user; fails where it is refused. */
export function searcher(api: Api, userId: string) {
  return async function search(query: Record<string, string>): Promise<Searched> {
    const answer = await api.call('GET', '/search/images', { as: userId, query });
    if (answer.status !== 200) throw new Error(`Expected a page, received ${answer.status}: ${answer.text}`);
    const page = answer.json<SearchPage>();
    return { ...page, ids: page.items.map(({ image_id }) => image_id) };
  };
}
