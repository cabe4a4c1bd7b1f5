import type { ImageKey } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import {
  incomingKey,
  originalKey,
  rawMetadataKey,
  THUMBNAIL_SIZES,
  thumbnailKey,
} from '../../shared/domain/object-keys.ts';
import { THUMBNAIL_CONTENT_TYPE, type Thumbnails } from '../../shared/imaging/thumbnails.ts';

/** Which of a photo's two places its bytes are read from: `incoming/` until `originals/` holds what was accepted. */
export type Source = 'incoming' | 'original';

export interface Found {
  source: Source;
  key: string;
  bytes: number;
  /** It is not encrypted, as an original written now would be. */
  outdated: boolean;
}

/** Where ingest finds and leaves a photo's bytes and what is made of them. */
export function createPhotoObjects(objects: Objects) {
  return {
    /** Where the photo's bytes are now: the first of these places that has any. */
    async find({ userId, imageId }: ImageKey, sources: readonly Source[]): Promise<Found | null> {
      for (const source of sources) {
        const key = source === 'incoming' ? incomingKey(userId, imageId) : originalKey(userId, imageId);
        const head = await objects.head(key);
        if (head) return { source, key, bytes: head.bytes, outdated: head.outdated };
      }
      return null;
    },

    /** Stores the accepted bytes, encrypted where that is asked for now; `false` where other bytes were accepted before. */
    async keep({ userId, imageId }: ImageKey, found: Found, bytes: Uint8Array, type: string): Promise<boolean> {
      const key = originalKey(userId, imageId);
      if (found.source === 'original') {
        if (found.outdated) await objects.write(key, bytes, type);
        return true;
      }
      if (await objects.writeOnce(key, bytes, type)) return true;
      const there = await objects.read(key);
      return there !== null && Buffer.compare(there, bytes) === 0;
    },

    /** The same form may have been used twice: then what was accepted first counts, not what arrived now. */
    async supersededByOriginal({ userId, imageId }: ImageKey, found: Found): Promise<boolean> {
      return found.source === 'incoming' && (await objects.head(originalKey(userId, imageId))) !== null;
    },

    async writeThumbnails({ userId, imageId }: ImageKey, thumbnails: Thumbnails): Promise<void> {
      for (const size of THUMBNAIL_SIZES) {
        const bytes = thumbnails[size]?.bytes;
        if (bytes) await objects.write(thumbnailKey(userId, imageId, size), bytes, THUMBNAIL_CONTENT_TYPE);
      }
    },

    /** Stores the dump of the metadata (JSON); where the file says nothing, what an earlier reading may have stored goes. */
    async writeRaw({ user_id, image_id, raw_metadata }: ImageRecord, raw: Uint8Array | null): Promise<void> {
      const key = rawMetadataKey(user_id, image_id);
      if (raw) await objects.write(key, raw, 'application/json');
      else if (raw_metadata) await objects.remove([key]);
    },
  };
}
