import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createPlaces } from '../../shared/adapters/places.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { createTimeZones } from '../../shared/adapters/time-zones.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { allImageKeys } from '../../shared/domain/object-keys.ts';
import { createLogger, hashUserId } from '../../shared/lambda/logger.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';
import { createIngest } from './ingest.ts';
import { ingestMessage } from './message.ts';

const settings = readFunctionSettings(process.env, [
  'TABLE_NAME',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'LOG_LEVEL',
]);
const table = createTableClient();
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const { objects } = createPictures({
  s3: createS3Client(settings.S3_ADDRESSING_STYLE),
  table,
  settings,
  clock: systemClock,
});
const ingest = createIngest({
  images: createImages(table, settings.TABLE_NAME, systemClock),
  edits: createImageEdits(table, settings.TABLE_NAME, systemClock),
  checksums: createChecksums(table, settings.TABLE_NAME),
  objects,
  queues: createQueues(createSqsClient(), {
    describe: settings.DESCRIBE_QUEUE_URL,
    faces: settings.FACES_QUEUE_URL,
    organize: settings.ORGANIZE_QUEUE_URL,
  }),
  findsFaces: settings.FACES_QUEUE_URL !== '',
  places: createPlaces(),
  zones: createTimeZones(),
});

/** Bytes arrived in `incoming/` (an S3 event, or `sweep` in its stead). */
export const handler = queueHandler({
  logger: createLogger('ingest', settings.LOG_LEVEL),
  parse: ingestMessage,
  handle: async (photos, { logger }) => {
    for (const photo of photos) {
      logger.appendKeys({ image_id: photo.imageId, user: hashUserId(photo.userId) });
      const clearUp = () => objects.remove(allImageKeys(photo.userId, photo.imageId));
      await unlessGone(departures, photo.userId, () => ingest(photo, logger), clearUp);
    }
  },
});
