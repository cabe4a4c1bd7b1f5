import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';
import { createImageIngest } from './image-ingest.ts';
import { createImageLife } from './image-life.ts';
import { createImagePlacing } from './image-placing.ts';
import { createImageReading } from './image-reading.ts';
import { createImageRecords, type ImageObserver } from './image-records.ts';
import { createImageStages } from './image-stages.ts';
import { createImageVigil } from './image-vigil.ts';
import { createKeepWords } from './image-words.ts';

export type { ImageKey, ImageObserver } from './image-records.ts';
export type { StageOutcome } from './image-stages.ts';
export type { UnderWay } from './image-vigil.ts';

/**
 * Image records and the conditional writes that move them through their life. Every method may be repeated: where a step was
 * already taken, its condition fails and nothing changes.
 */
export function createImages(table: DynamoDBDocumentClient, tableName: string, clock: Clock, observer?: ImageObserver) {
  const records = createImageRecords(table, tableName, clock, observer);
  return {
    ...createImageReading(records),
    ...createImageLife(records),
    ...createImageIngest(records),
    ...createImageStages(records),
    keepWords: createKeepWords(records),
    ...createImagePlacing(records),
    ...createImageVigil(records),
  };
}
export type Images = ReturnType<typeof createImages>;
