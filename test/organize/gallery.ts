import { ListVectorsCommand } from '@aws-sdk/client-s3vectors';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createActivities } from '../../shared/adapters/activities.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createAutoAlbums } from '../../shared/adapters/auto-albums.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createEvents } from '../../shared/adapters/events.ts';
import { createFaceAssignments } from '../../shared/adapters/face-assignments.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { createImageEdits, type EditOutcome } from '../../shared/adapters/image-edits.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createNearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createRebuilt } from '../../shared/adapters/rebuilt.ts';
import { changeItem, pendingShard } from '../../shared/adapters/table.ts';
import { createTallies } from '../../shared/adapters/tallies.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import { createVectors, vectorIndexName } from '../../shared/adapters/vectors.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { normalise } from '../../shared/domain/clustering/vectors.ts';
import { freshStages, hasEnded, type ImageRecord, isTerminal, type Stage } from '../../shared/domain/image.ts';
import { deviations } from '../support/deviations.ts';
import type { Item } from '../support/items.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

/** Organize's own dependencies over a world of emulators, with a clock that stands still: no time tells two writes apart. */
export function organizeDeps(world: World, now: Date): OrganizeDeps {
  const clock = () => now;
  return {
    images: createImages(world.table, TABLE, clock),
    embeddings: createEmbeddings(world.table, TABLE),
    faces: createFaces(world.table, TABLE),
    vectors: createVectors(world.vectors, VECTOR_BUCKET),
    checksums: createChecksums(world.table, TABLE),
    objects: createObjects(world.s3, BUCKET),
    clustering: createClustering(world.table, TABLE),
    clusters: createClusters(world.table, TABLE),
    index: createImageIndex(world.table, TABLE),
    events: createEvents(world.table, TABLE),
    tallies: createTallies(world.table, TABLE),
    albums: createAlbums(world.table, TABLE),
    autoAlbums: createAutoAlbums(world.table, TABLE),
    edits: createImageEdits(world.table, TABLE, clock),
    near: createNearDuplicates(world.table, TABLE),
    activities: createActivities(world.table, TABLE, clock),
    faceAssignments: createFaceAssignments(world.table, TABLE, clock),
    people: createPeople(world.table, TABLE),
    postings: createPostings(world.table, TABLE),
    profiles: createProfiles(world.table, TABLE, clock),
    jobs: createJobs(world.table, TABLE, clock),
    undo: createUndo(world.table, TABLE),
    rebuilt: createRebuilt(world.table, TABLE, clock),
    queues: createQueues(world.sqs, world.urls),
    background: { mean: 0.15, deviation: 0.08 },
    canName: true,
    clock,
  };
}

/** Pictures of one theme point the same way, with some noise of their own; themes are at right angles. */
export function vectorOf(theme: number, number: number): Float32Array {
  const values = new Float32Array(512);
  values[theme] = 1;
  values[100 + (number % 400)] = 0.5;
  return normalise(values);
}

/** Hashes of one picture differ in a bit or two, those of different ones in many. */
export function hashOf(picture: number, copy: number): string {
  const base = BigInt.asUintN(64, BigInt(picture + 1) * 0x9e3779b97f4a7c15n);
  return (base ^ (1n << BigInt(copy % 64))).toString(16).padStart(16, '0');
}

const ENDED: Stage = { state: 'done', attempts: 1, ms: 40 };

/** One user's photos as the other functions leave them, and the events those would send. */
export function createGallery(world: World, deps: OrganizeDeps, user: string) {
  const key = (number: number) => ({ userId: user, imageId: imageId(number) });
  const now = () => deps.clock().toISOString();
  const event = (type: 'described' | 'settled' | 'edited' | 'removed', number: number, id: string): OrganizeEvent => ({
    type,
    event_id: `${type}:${imageId(number)}:${id}`,
    user_id: user,
    image_id: imageId(number),
  });

  const edits = createImageEdits(world.table, TABLE, deps.clock);

  /** The event `queues.restored` sends. */
  function told(outcome: EditOutcome | null, number: number): OrganizeEvent | null {
    if (outcome?.state !== 'changed') return null;
    const { status, stages, generation, edit_revision } = outcome.record;
    if (isTerminal(status)) return event('edited', number, String(edit_revision));
    return hasEnded(stages.describe.state) ? event('described', number, String(generation)) : null;
  }

  async function existing(number: number): Promise<ImageRecord> {
    const record = await deps.images.get(key(number));
    if (!record) throw new Error(`Expected photo ${number} to be there`);
    return record;
  }

  /** Changes a record as another function would, which also puts it on the list of what is under way. */
  async function change(number: number, set: Record<string, unknown>, remove: string[] = []): Promise<ImageRecord> {
    const changed = await changeItem(
      world.table,
      TABLE,
      { user_id: user, sk: `IMAGE#${imageId(number)}` },
      { set: { ...set, updated_at: now(), shard: pendingShard('image', imageId(number)), since: now() }, remove },
    );
    return changed as unknown as ImageRecord;
  }

  return {
    key,
    existing,

    /** A photo as `describe` leaves it. */
    async described(number: number, theme: number, changes: Partial<ImageRecord> = {}): Promise<OrganizeEvent> {
      const record = imageRecord(user, number, {
        status: 'processing',
        stages: {
          ...freshStages(),
          ingest: ENDED,
          describe: { ...ENDED, ms: 900 + number, tokens: 10, cost_microusd: 3 },
          faces: { ...ENDED, ms: 300 + number },
        },
        title: `Theme${theme}`,
        description: `A picture of theme${theme}.`,
        tags: [`theme${theme}`],
        described_by: { model: 'gpt-4o', prompt_version: 'describe-1', at: now() },
        sha256: String(number).padStart(64, '0'),
        original: {
          key: `originals/${user}/${imageId(number)}`,
          content_type: 'image/jpeg',
          bytes: 1000 + number,
          width: 8,
          height: 6,
        },
        phash: hashOf(1000 + number, 0),
        width: 800,
        height: 600,
        ...changes,
      });
      await deps.images.create(record);
      await deps.embeddings.put(user, record.image_id, vectorOf(theme, number));
      await deps.checksums.claim(user, record.sha256 as string, record.image_id);
      return event('described', number, '0');
    },

    /** A photo as `ingest` leaves one that is no picture. */
    async rejected(number: number): Promise<OrganizeEvent> {
      await deps.images.create(imageRecord(user, number, { status: 'processing' }));
      await deps.images.reject(key(number), { code: 'not_a_picture', message: 'This is not a picture.' }, { bytes: 5 });
      return event('settled', number, '0:rejected');
    },

    /** What `PATCH /images/{id}` does; `null` where there is nothing to edit. */
    async edited(number: number, fields: Partial<ImageRecord>): Promise<OrganizeEvent | null> {
      const record = await deps.images.getVisible(key(number));
      if (!record || record.trashed_at) return null;
      const edit_revision = (record.edit_revision ?? 0) + 1;
      // What is there and `undefined` goes.
      const gone = Object.entries(fields).filter(([, value]) => value === undefined);
      await change(
        number,
        { ...fields, edit_revision },
        gone.map(([name]) => name),
      );
      return event('edited', number, String(edit_revision));
    },

    /** A photo that has ended is run again and described anew, perhaps with another embedding; `null` where it is under way. */
    async describedAgain(
      number: number,
      fields: Partial<ImageRecord>,
      vector: Float32Array | null,
    ): Promise<OrganizeEvent | null> {
      const record = await deps.images.getVisible(key(number));
      if (record?.status !== 'done' || record.trashed_at) return null;
      const generation = record.generation + 1;
      const describe = { ...ENDED, ms: 700, tokens: 10 * (generation + 1), cost_microusd: 3 };
      await change(number, {
        ...fields,
        generation,
        status: 'processing',
        stages: { ...record.stages, describe, organize: { state: 'pending', attempts: 0 } },
      });
      if (vector) await deps.embeddings.put(user, imageId(number), vector);
      return event('described', number, String(generation));
    },

    /** Its owner moves it to the trash. `null`: nothing has to be told, or nothing has changed. */
    async trashed(number: number, days = 30): Promise<OrganizeEvent | null> {
      const outcome = await edits.trash(key(number), days);
      if (outcome?.state !== 'changed' || !isTerminal(outcome.record.status)) return null;
      return event('edited', number, String(outcome.record.edit_revision));
    },

    /** Its owner takes it out of the trash again. */
    async restored(number: number): Promise<OrganizeEvent | null> {
      return told(await edits.restore(key(number)), number);
    },

    async removed(number: number): Promise<OrganizeEvent | null> {
      return (await deps.images.markDeleted(key(number))) && event('removed', number, '');
    },

    /** Every deviation of what is stored of this user from what its records say. */
    async deviations(): Promise<string[]> {
      const vectors = await world.vectors
        .send(
          new ListVectorsCommand({
            vectorBucketName: VECTOR_BUCKET,
            indexName: vectorIndexName(user),
            returnData: true,
          }),
        )
        .catch((error: Error) => {
          if (error.name !== 'NotFoundException') throw error;
          return { vectors: [] };
        });
      return deviations(
        (await world.itemsOf(user)) as Item[],
        (vectors.vectors ?? []).map(({ key: id = '', data }) => ({
          index: user,
          key: id,
          values: data?.float32 ?? [],
        })),
      );
    },

    /** The parts of the sort keys of items that begin with `prefix` behind it, in order. */
    async below(prefix: string): Promise<string[]> {
      const keys = (await world.itemsOf(user)).map(({ sk }) => String(sk));
      return keys.filter((sk) => sk.startsWith(prefix)).map((sk) => sk.slice(prefix.length));
    },
  };
}
export type Gallery = ReturnType<typeof createGallery>;
