import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { type FaceModel, loadFaceModel } from '../../shared/adapters/face-model.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { facesMessage } from '../../shared/contract/messages.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { createTelemetry } from '../../shared/lambda/metrics.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';
import { createFaceStage } from './faces.ts';
import { createFindFaces } from './find-faces.ts';

const settings = readFunctionSettings(process.env, [
  'TABLE_NAME',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'LOG_LEVEL',
  'STAGE',
]);

let model: Promise<FaceModel> | undefined;
/** Loaded once in a process, with the first photo. */
function loadOnce(): Promise<FaceModel> {
  model ??= loadFaceModel().catch((error: unknown) => {
    model = undefined;
    throw error;
  });
  return model;
}

const telemetry = createTelemetry(settings.STAGE);
const table = createTableClient();
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const queues = createQueues(createSqsClient(), {
  faces: settings.FACES_QUEUE_URL,
  organize: settings.ORGANIZE_QUEUE_URL,
});
const findFacesOf = createFaceStage({
  images: createImages(table, settings.TABLE_NAME, systemClock, telemetry),
  faces: createFaces(table, settings.TABLE_NAME),
  objects: createPictures({
    s3: createS3Client(settings.S3_ADDRESSING_STYLE),
    table,
    settings,
    clock: systemClock,
  }).objects,
  profiles: createProfiles(table, settings.TABLE_NAME, systemClock),
  queues,
  find: createFindFaces(loadOnce),
});

/** A photo was accepted, and may show people. */
export const handler = queueHandler({
  logger: createLogger('faces', settings.LOG_LEVEL),
  parse: facesMessage,
  backlog: {
    again: (message) => queues.faces(settings.BUCKET_NAME, message),
    waiting: () => queues.waiting('faces'),
    clock: systemClock,
  },
  handle: (message, { logger }) =>
    unlessGone(departures, message.user_id, () =>
      findFacesOf({ userId: message.user_id, imageId: message.image_id }, logger),
    ),
});
