import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createFaceStage } from '../../functions/faces/faces.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
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
import { queueHandler } from '../../shared/lambda/queue.ts';
import { facesOf } from '../support/faces.ts';
import { pictureNumber, pictures } from './pictures.ts';
import type { FunctionName, QueueName } from './schedule.ts';

export interface Handlers extends Record<QueueName, (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>> {
  api: (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;
  sweep: (event: unknown, context: Context) => Promise<void>;
}

let starts = 0;

/** A function as a new process would have it: all that a handler's module remembers is new. */
export async function coldStart<Name extends FunctionName>(name: Name): Promise<Handlers[Name]> {
  if (name === 'faces') return startFaces() as unknown as Handlers[Name];
  starts += 1;
  const { handler } = await import(`../../functions/${name}/handler.ts?start=${starts}`);
  return handler;
}

/** As functions/faces/handler.ts, without the models: the test knows who is in a picture. */
function startFaces() {
  const settings = readFunctionSettings(process.env, [
    'TABLE_NAME',
    'ORGANIZE_QUEUE_URL',
    'BUCKET_NAME',
    'S3_ADDRESSING_STYLE',
    ...USER_KEYS,
    'LOG_LEVEL',
  ]);
  const table = createTableClient();
  const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
  const s3 = createS3Client(settings.S3_ADDRESSING_STYLE);
  const findFacesOf = createFaceStage({
    images: createImages(table, settings.TABLE_NAME, systemClock),
    faces: createFaces(table, settings.TABLE_NAME),
    objects: createPictures({ s3, table, settings, clock: systemClock }).objects,
    profiles: createProfiles(table, settings.TABLE_NAME, systemClock),
    queues: createQueues(createSqsClient(), { organize: settings.ORGANIZE_QUEUE_URL }),
    async find(bytes) {
      const number = pictureNumber(createHash('sha256').update(bytes).digest('hex'));
      const crop = (await pictures()).crop;
      return facesOf(number, ...(PEOPLE[number] ?? [])).map((face) => ({ face, crop }));
    },
  });
  return queueHandler({
    logger: createLogger('faces', settings.LOG_LEVEL),
    parse: facesMessage,
    handle: (message, { logger }) =>
      unlessGone(departures, message.user_id, () =>
        findFacesOf({ userId: message.user_id, imageId: message.image_id }, logger),
      ),
  });
}

/** Who is in which picture. */
const PEOPLE = [[1], [1, 2], [], [2], [], [3, 1], [], [2, 3], [1], []];
