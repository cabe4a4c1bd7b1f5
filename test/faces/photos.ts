import { Logger } from '@aws-lambda-powertools/logger';
import { createFaceStage, type FacesDeps } from '../../functions/faces/faces.ts';
import type { FoundFace } from '../../functions/faces/find-faces.ts';
import { createFaces, DESCRIPTOR_LENGTH } from '../../shared/adapters/faces.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { normalise } from '../../shared/domain/clustering/vectors.ts';
import { freshStages, type ImageRecord } from '../../shared/domain/image.ts';
import { originalKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE, type World } from '../support/world.ts';

const ended = { state: 'done', attempts: 1 } as const;
const logger = new Logger({ logLevel: 'SILENT' });
const PICTURE = new Uint8Array([1, 2, 3]);
let galleries = 0;

/** So many faces, as the models would find them. */
export const crowd = (count: number): FoundFace[] =>
  Array.from({ length: count }, (_, n) => ({
    face: {
      n,
      box: { x: 0.1 * n, y: 0.2, width: 0.1, height: 0.1 },
      score: 0.9,
      descriptor: normalise(Float32Array.from({ length: DESCRIPTOR_LENGTH }, (_, i) => Math.sin(i * (n + 1)))),
    },
    crop: new Uint8Array([n]),
  }));

/** One user's accepted photos on their way through the faces stage, which finds what the test says. */
export function openPhotos(world: World, userId: string) {
  galleries += 1;
  const first = galleries * 100;
  const keyOf = (number: number) => ({ userId, imageId: imageId(first + number) });
  const clock = () => new Date();
  let found: () => Promise<FoundFace[]> = async () => [];
  const deps: FacesDeps = {
    images: createImages(world.table, TABLE, clock),
    faces: createFaces(world.table, TABLE),
    objects: createObjects(world.s3, BUCKET),
    profiles: createProfiles(world.table, TABLE, clock),
    queues: createQueues(world.sqs, { organize: world.urls.organize }),
    find: () => found(),
  };

  return {
    ...deps,
    keyOf,
    profiles: createProfiles(world.table, TABLE, clock),

    /** What the models find from now on. */
    finds(faces: FoundFace[] | (() => Promise<FoundFace[]>)): void {
      found = typeof faces === 'function' ? faces : async () => faces;
    },

    /** A photo as `ingest` leaves it. */
    async accept(number: number, changes: Partial<ImageRecord> = {}): Promise<void> {
      const key = originalKey(userId, keyOf(number).imageId);
      await deps.objects.write(key, PICTURE, 'image/jpeg');
      const original = { key, content_type: 'image/jpeg', bytes: 3, width: 8, height: 6 };
      const stages = { ...freshStages(), ingest: ended };
      await deps.images.create(
        imageRecord(userId, first + number, { status: 'processing', stages, original, ...changes }),
      );
    },

    /** One delivery of the message about a photo. */
    run: (number: number): Promise<void> => createFaceStage(deps)(keyOf(number), logger),

    stage: async (number: number) => (await deps.images.get(keyOf(number)))?.stages.faces,

    /** What is stored of a photo's faces: how many there are in the table, and their crops. */
    async stored(number: number): Promise<{ faces: number | null; crops: string[] }> {
      const { imageId: id } = keyOf(number);
      const item = (await deps.faces.getMany(userId, [id])).get(id);
      const crops = await world.keys(`thumbnails/${userId}/${id}/face-`);
      return { faces: item?.faces.length ?? null, crops: crops.map((key) => key.split('/').at(-1) ?? '') };
    },

    /** Ids of the events that organize was sent since the last time this was asked. */
    async events(): Promise<string[]> {
      const events = (await world.drain('organize')) as { user_id: string; event_id: string }[];
      return events.filter(({ user_id }) => user_id === userId).map(({ event_id }) => event_id);
    },
  };
}
