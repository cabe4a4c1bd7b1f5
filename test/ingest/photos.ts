import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { createIngest, type IngestStep } from '../../functions/ingest/ingest.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects, type Objects } from '../../shared/adapters/objects.ts';
import { createPlaces } from '../../shared/adapters/places.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createTimeZones } from '../../shared/adapters/time-zones.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { allImageKeys, incomingKey } from '../../shared/domain/object-keys.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { Killed } from '../support/mortal.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE, type World } from '../support/world.ts';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Loaded once for all, as one function's process does. */
const places = createPlaces();
const zones = createTimeZones();

/** One user's photos on their way through ingest, with the means to disturb them. */
export function openPhotos(world: World, userId: string, objects: Objects = createObjects(world.s3, BUCKET)) {
  const clock = () => new Date();
  const deps = {
    images: createImages(world.table, TABLE, clock),
    edits: createImageEdits(world.table, TABLE, clock),
    checksums: createChecksums(world.table, TABLE),
    objects,
    queues: createQueues(world.sqs, {
      describe: world.urls.describe,
      faces: world.urls.faces,
      organize: world.urls.organize,
    }),
    findsFaces: true,
    places,
    zones,
  };
  const logger = createLogger('ingest', 'ERROR');
  const key = (number: number) => ({ userId, imageId: imageId(number) });

  return {
    ...deps,
    userId,
    key,

    /** Announces a photo. */
    async announce(number: number, changes: Partial<ImageRecord> = {}): Promise<void> {
      await deps.images.create(imageRecord(userId, number, changes));
    },

    /** Stores bytes as a form does. */
    async post(number: number, bytes: Uint8Array): Promise<void> {
      const Key = incomingKey(userId, imageId(number));
      await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: bytes }));
    },

    /** Announces a photo and stores its bytes. */
    async upload(number: number, bytes: Uint8Array, changes: Partial<ImageRecord> = {}): Promise<void> {
      await this.announce(number, changes);
      await this.post(number, bytes);
    },

    /** One delivery of the message about a photo. */
    run(number: number, checkpoint: (step: IngestStep) => void | Promise<void> = () => {}): Promise<void> {
      return createIngest({ ...deps, checkpoint })(key(number), logger);
    },

    /** A delivery during which something happens once, just before `step`. Answers whether that step was reached. */
    async runWith(number: number, step: IngestStep, happens: () => void | Promise<void>): Promise<boolean> {
      let reached = false;
      await this.run(number, async (name) => {
        if (name !== step || reached) return;
        reached = true;
        await happens();
      });
      return reached;
    },

    /** A delivery that dies just before `step`. Answers whether that step was reached. */
    async runUntil(number: number, step: IngestStep): Promise<boolean> {
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

    /** Does what `organize` does when a photo was deleted. */
    async erase(number: number): Promise<void> {
      const record = await deps.images.get(key(number));
      if (record?.sha256) await deps.checksums.release(userId, record.sha256, record.image_id);
      await deps.objects.remove(allImageKeys(userId, imageId(number)));
      await deps.images.erase(key(number));
    },

    record: (number: number) => deps.images.get(key(number)),

    /** The photo's objects, as `original`, `incoming`, `raw`, `small`, `medium`, `preview`. */
    async stored(number: number): Promise<string[]> {
      const keys = (await world.keys()).filter((name) => name.includes(`/${userId}/${imageId(number)}`));
      return keys.map((name) => /(\w+)\.webp$/.exec(name)?.[1] ?? name.replace(/s?\/.*/, '')).sort();
    },

    /** Ids of the photos that were handed on to be described since the last time this was asked. */
    async handedOn(): Promise<string[]> {
      const messages = (await world.drain('describe')) as { user_id: string; image_id: string }[];
      return messages.filter((message) => message.user_id === userId).map(({ image_id }) => image_id);
    },

    /** Events for `organize` about this user's photos since the last time this was asked, as `type:number of the photo`. */
    async events(): Promise<string[]> {
      const events = (await world.drain('organize')) as OrganizeEvent[];
      return events
        .filter((event) => event.user_id === userId && 'image_id' in event)
        .map((event) => `${event.type}:${Number(('image_id' in event ? event.image_id : '').slice(-12))}`);
    },

    /** The photo is accepted with exactly these bytes, and everything of it agrees. */
    async expectAccepted(number: number, bytes: Uint8Array): Promise<ImageRecord> {
      const record = await deps.images.get(key(number));
      expect(record).toMatchObject({ status: 'processing', sha256: sha256(bytes), bytes: bytes.length });
      expect(record?.stages.ingest).toMatchObject({ state: 'done' });
      const { thumbnails, raw_metadata } = record ?? {};
      const renditions = Object.keys(thumbnails ?? {});
      expect(renditions).toEqual(expect.arrayContaining(['small', 'medium']));
      expect(await this.stored(number)).toEqual(['original', ...renditions, ...(raw_metadata ? ['raw'] : [])].sort());
      expect(sha256((await deps.objects.read(record?.original?.key ?? '')) as Uint8Array)).toBe(sha256(bytes));
      for (const stored of [...Object.values(thumbnails ?? {}), ...(raw_metadata ? [raw_metadata] : [])]) {
        expect((await deps.objects.head(stored.key))?.bytes).toBe(stored.bytes);
      }
      expect(await deps.checksums.owner(userId, sha256(bytes))).toBe(imageId(number));
      return record as ImageRecord;
    },

    async expectRejected(number: number, code: string): Promise<ImageRecord> {
      const record = await deps.images.get(key(number));
      expect(record).toMatchObject({ status: 'rejected', error: { code } });
      expect(await this.stored(number)).toEqual([]);
      return record as ImageRecord;
    },

    async expectDuplicate(number: number, of: number): Promise<void> {
      expect(await deps.images.get(key(number))).toMatchObject({
        status: 'duplicate',
        duplicate_of: imageId(of),
        error: { code: 'duplicate' },
      });
      expect(await this.stored(number)).toEqual([]);
    },

    /** Nothing of the photo is left: no object, no checksum. */
    async expectNothing(number: number): Promise<void> {
      expect(await this.stored(number)).toEqual([]);
      const items = (await world.items()).filter((item) => item.user_id === userId);
      expect(items.filter((item) => item.image_id === imageId(number) && !item.deleted_at)).toEqual([]);
    },
  };
}
export type Photos = ReturnType<typeof openPhotos>;
