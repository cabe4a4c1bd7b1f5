import { createHash } from 'node:crypto';
import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { ImageKey, Images } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { originalKey } from '../../shared/domain/object-keys.ts';

/** How often an owner may change between looking and claiming. */
const MOST_TRIES = 5;

/** Which of a user's photos owns which bytes: the first whose original is safe. */
export function createBytesOwnership(deps: { images: Images; checksums: Checksums; objects: Objects }) {
  const { images, checksums, objects } = deps;

  /**
   * Whether a photo that claimed its bytes is one that another may be called a duplicate of. It claims before its stage ends,
   * so it may still be `processing`; one that `failed`, was rejected or is being erased owns nothing any more.
   */
  function isAccepted(record: ImageRecord | null): record is ImageRecord {
    return record !== null && !record.deleted_at && (record.status === 'processing' || record.status === 'done');
  }

  async function owner({ userId, imageId }: ImageKey, sha256: string) {
    const ownerId = await checksums.owner(userId, sha256);
    const record = ownerId === null || ownerId === imageId ? null : await images.get({ userId, imageId: ownerId });
    return { ownerId, twin: isAccepted(record) ? record : null };
  }

  return {
    /** Another accepted photo of these bytes, if there is one. */
    async acceptedTwin(key: ImageKey, sha256: string): Promise<ImageRecord | null> {
      return (await owner(key, sha256)).twin;
    },

    /** Claims the bytes; answers the accepted photo that has them already, or `null` where they are now this one's. */
    async claim(key: ImageKey, sha256: string): Promise<ImageRecord | null> {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { ownerId, twin } = await owner(key, sha256);
        if (twin) return twin;
        if (await checksums.claim(key.userId, sha256, key.imageId, ownerId ?? key.imageId)) return null;
      }
      throw new Error(`The owner of the bytes changed ${MOST_TRIES} times; the queue will bring the photo back.`);
    },

    /** Gives free the bytes kept for a photo whose record, and so its checksum, is gone. */
    async releaseKept({ userId, imageId }: ImageKey): Promise<void> {
      const bytes = await objects.read(originalKey(userId, imageId));
      if (bytes) await checksums.release(userId, createHash('sha256').update(bytes).digest('hex'), imageId);
    },
  };
}
