import { freshStages, type ImageRecord } from '../../shared/domain/image.ts';
import { originalKey } from '../../shared/domain/object-keys.ts';

export const AT = new Date('2026-01-01T12:00:00.000Z');
/** For a sweep that is not to run out of time. */
export const IN_TIME = new Date('9999-01-01T00:00:00.000Z');

/** An image id as the API gives it; larger numbers are newer. */
export const imageId = (number: number) => `018d0000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** A photo that was announced and not yet uploaded; `changes` says what matters to the test. */
export function imageRecord(userId: string, number: number, changes: Partial<ImageRecord> = {}): ImageRecord {
  return {
    user_id: userId,
    image_id: imageId(number),
    status: 'awaiting_upload',
    generation: 0,
    stages: freshStages(),
    filename: 'beach.jpg',
    display_name: 'beach.jpg',
    expected: { content_type: 'image/jpeg', bytes: 3 },
    upload_expires_at: new Date(AT.getTime() + 3_600_000).toISOString(),
    created_at: AT.toISOString(),
    updated_at: AT.toISOString(),
    ...(changes.taken_at && { taken_key: `${changes.taken_at}#${imageId(number)}` }),
    ...changes,
  };
}

/** A photo that has come all the way, as its stages leave it; `changes` says what matters to the test. */
export function donePhoto(userId: string, number: number, changes: Partial<ImageRecord> = {}): ImageRecord {
  const id = imageId(number);
  const original = { key: originalKey(userId, id), content_type: 'image/jpeg', bytes: 3, width: 4000, height: 3000 };
  const ended = { state: 'done', attempts: 1 } as const;
  return imageRecord(userId, number, {
    status: 'done',
    stages: { ingest: ended, describe: { ...ended, tokens: 900, cost_microusd: 400 }, faces: ended, organize: ended },
    title: 'A beach',
    description: 'Sand and sea.',
    tags: ['beach', 'sea'],
    text: 'No swimming',
    display_name: 'sandy-beach.jpg',
    described_by: { model: 'gpt-4o-mini', prompt_version: 'describe-1', at: AT.toISOString() },
    described_in: 0,
    original,
    taken_at: '2025-07-01T10:00:00',
    taken_at_offset: '+02:00',
    taken_at_source: 'gps_zone',
    place: { city: 'Lisbon', country: 'Portugal', country_code: 'PT', distance_km: 2 },
    processing_started_at: AT.toISOString(),
    processing_ms: 1234,
    ...changes,
  });
}
