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
import { allImageKeys, incomingKey } from '../../shared/domain/object-keys.ts';
import { createLogger, hashUserId } from '../../shared/lambda/logger.ts';
import { createTelemetry } from '../../shared/lambda/metrics.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';
import { createIngest } from './ingest.ts';
import { createLine } from './line.ts';
import { type IngestMessage, ingestMessage } from './message.ts';

const settings = readFunctionSettings(process.env, [
  'TABLE_NAME',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'LOG_LEVEL',
  'STAGE',
]);
const telemetry = createTelemetry(settings.STAGE);
const table = createTableClient();
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const { objects } = createPictures({
  s3: createS3Client(settings.S3_ADDRESSING_STYLE),
  table,
  settings,
  clock: systemClock,
});
const queues = createQueues(createSqsClient(), {
  ingest: settings.INGEST_QUEUE_URL,
  describe: settings.DESCRIBE_QUEUE_URL,
  faces: settings.FACES_QUEUE_URL,
  organize: settings.ORGANIZE_QUEUE_URL,
});
const ingest = createIngest({
  images: createImages(table, settings.TABLE_NAME, systemClock, telemetry),
  edits: createImageEdits(table, settings.TABLE_NAME, systemClock),
  checksums: createChecksums(table, settings.TABLE_NAME),
  objects,
  queues,
  findsFaces: settings.FACES_QUEUE_URL !== '',
  places: createPlaces(),
  zones: createTimeZones(),
});

const line = createLine();

/** Sends the event again under its user's name; photos still count as waiting since S3 told of them. */
async function sendAgain({ photos, toldAt }: IngestMessage, sentAt: Date): Promise<void> {
  for (const { userId, imageId } of photos) {
    await queues.ingest(objects.bucket, userId, incomingKey(userId, imageId), toldAt ?? sentAt);
  }
}

/**
 * Bytes arrived in `incoming/` (an S3 event, or one of our own in its stead). S3's events say nothing of users, and are taken in the order
 * in which they come: where there is a line, each is sent again under its user's name, which takes milliseconds, so that one
 * person's thousands do not stand before another's one.
 */
export const handler = queueHandler({
  logger: createLogger('ingest', settings.LOG_LEVEL),
  parse: ingestMessage,
  backlog: { again: sendAgain, waiting: () => queues.waiting('ingest'), clock: systemClock },
  handle: async (message, { logger, sentAt, receiveCount }) => {
    const { photos, anonymous, toldAt } = message;
    if (receiveCount === 1 && line.isThere(sentAt, systemClock()) && anonymous) return sendAgain(message, sentAt);
    for (const photo of photos) {
      const since = (toldAt ?? sentAt).getTime();
      if (receiveCount === 1) telemetry.photoWaited(Math.max(0, systemClock().getTime() - since));
      logger.appendKeys({ image_id: photo.imageId, user: hashUserId(photo.userId) });
      const clearUp = () => objects.remove(allImageKeys(photo.userId, photo.imageId));
      await unlessGone(departures, photo.userId, () => ingest(photo, logger), clearUp);
    }
  },
});
