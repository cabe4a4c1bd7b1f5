import { freshStages, type ImageRecord } from '../../shared/domain/image.ts';

export const AT = new Date('2026-01-01T12:00:00.000Z');

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
    ...changes,
  };
}
