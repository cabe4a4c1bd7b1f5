import { freshStages, type ImageRecord } from '../../../shared/domain/image.ts';
import { plainLine } from '../../../shared/domain/plain-text.ts';

const LONGEST_NAME = 255;

/** A record of a photo whose bytes are still to come. `expiresAt`: until when they are waited for. */
export function newRecord(
  { userId, imageId, at, expiresAt }: { userId: string; imageId: string; at: Date; expiresAt: Date },
  { filename, ...expected }: { filename: string } & ImageRecord['expected'],
): ImageRecord {
  return {
    user_id: userId,
    image_id: imageId,
    status: 'awaiting_upload',
    generation: 0,
    stages: freshStages(),
    // A lone surrogate is no character, and the table refuses it.
    filename: filename.toWellFormed(),
    display_name: displayNameOf(filename),
    expected,
    upload_expires_at: expiresAt.toISOString(),
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  };
}

/** A name to show: no folders, no control characters, nothing that turns the direction of what follows. */
function displayNameOf(filename: string): string {
  const last = filename.split(/[/\\]/).at(-1) ?? '';
  return plainLine(last, LONGEST_NAME) || 'untitled';
}
