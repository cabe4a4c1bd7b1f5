import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDeadLetters } from '../../shared/adapters/dead-letters.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { microUsd } from '../../shared/domain/quota.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { createDeadLetterSweep } from './dead-letters.ts';
import { createRun } from './run.ts';
import { createStuck } from './stuck.ts';
import { createWaitingSweep } from './waiting.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'TABLE_NAME',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'JOBS_QUEUE_URL',
  'DEAD_LETTER_QUEUE_URLS',
  'SWEEP_STALE_SECONDS',
  'BUCKET_NAME',
  'MAX_AI_USD_PER_USER_PER_MONTH',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
]);
const logger = createLogger('sweep', settings.LOG_LEVEL);
const table = createTableClient();
const sqs = createSqsClient();
const deps = {
  images: createImages(table, settings.TABLE_NAME, systemClock),
  jobs: createJobs(table, settings.TABLE_NAME, systemClock),
  departures: createDepartures(table, settings.TABLE_NAME, systemClock),
  objects: createPictures({
    s3: createS3Client(settings.S3_ADDRESSING_STYLE),
    table,
    settings,
    clock: systemClock,
  }).objects,
  queues: createQueues(sqs, {
    ingest: settings.INGEST_QUEUE_URL,
    describe: settings.DESCRIBE_QUEUE_URL,
    faces: settings.FACES_QUEUE_URL,
    organize: settings.ORGANIZE_QUEUE_URL,
    jobs: settings.JOBS_QUEUE_URL,
  }),
  clock: systemClock,
};
const deadLetters = createDeadLetterSweep({
  ...deps,
  letters: createDeadLetters(sqs),
  logger,
  urls: settings.DEAD_LETTER_QUEUE_URLS,
});
const staleMs = settings.SWEEP_STALE_SECONDS * 1000;
const stuck = createStuck({ ...deps, staleMs });
const waiting = createWaitingSweep({
  ...deps,
  staleMs,
  spendings: createSpendings(table, settings.TABLE_NAME, systemClock),
  postings: createPostings(table, settings.TABLE_NAME),
  edits: createImageEdits(table, settings.TABLE_NAME, systemClock),
  aiMicroUsd: microUsd(settings.MAX_AI_USD_PER_USER_PER_MONTH),
});
const run = createRun({ deadLetters, stuck, waiting, clock: systemClock, logger });

export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler((_event: unknown, context: Context) => run(context.getRemainingTimeInMillis()));
