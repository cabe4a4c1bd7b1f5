import { randomBytes } from 'node:crypto';
import { pictureOwner } from '../../domain/object-keys.ts';
import { cipherOf, newCipher, type ObjectCipher } from './cipher.ts';
import { DamagedObject } from './segments.ts';
import type { UserKeys } from './user-keys.ts';

/** What an encrypted object is marked with, and how S3 calls its bytes. */
export const SEALED = { ContentType: 'application/octet-stream', Metadata: { encryption: 'user-1' } } as const;

type Metadata = Record<string, string> | undefined;

/** Whether objects are encrypted before they reach the bucket, and how they are read again. */
export interface Sealing {
  /** Whether new objects of this name are encrypted. */
  seals(key: string): boolean;
  /** For an object that is written; `null` where it is stored as it is. Throws `UserKeyErased`. */
  begin(key: string): Promise<ObjectCipher | null>;
  /**
   * What an object that is there turns out to be, by what it is marked with and when S3 says that it was written. `lost`: its key was
   * erased, and nobody can read it any more. Throws `DamagedObject` where nothing of ours is like that.
   */
  kindOf(key: string, metadata: Metadata, modified: Date | undefined): Promise<'plain' | 'sealed' | 'lost'>;
  /** For an encrypted object that is there, by its header. Throws `DamagedObject`, `UserKeyMissing`. */
  resume(key: string, header: Uint8Array): Promise<ObjectCipher>;
}

/** Whether an object says of itself that it is encrypted with a user's key. */
export const isMarked = (metadata: Metadata) => metadata?.encryption !== undefined;

/** Nothing is encrypted beyond what S3 itself does. */
export const PLAIN: Sealing = {
  seals: () => false,
  begin: async () => null,
  async kindOf(_, metadata) {
    if (isMarked(metadata))
      throw new DamagedObject('An object is encrypted with its user’s key, and ENCRYPTION is sse');
    return 'plain';
  },
  resume: async () => {
    throw new DamagedObject('Nothing is encrypted where ENCRYPTION is sse');
  },
};

/**
 * Pictures, and what is made of them, are encrypted with their user's key and bound to the name they are stored under. What is older
 * than the key is read as it is; an object that came later and bears no mark was put there by somebody else.
 */
export function createUserSealing({
  keys,
  random = randomBytes,
}: {
  keys: Pick<UserKeys, 'toRead' | 'toWrite' | 'mayBePlain'>;
  random?: (bytes: number) => Buffer;
}): Sealing {
  return {
    seals: (key) => pictureOwner(key) !== null,

    async begin(key) {
      const owner = pictureOwner(key);
      return owner === null ? null : keys.toWrite(owner, (secret) => newCipher(secret, key, random));
    },

    async kindOf(key, metadata, modified) {
      const owner = pictureOwner(key);
      if (owner === null) return 'plain';
      const plain = await keys.mayBePlain(owner, modified);
      if (plain === 'erased') return 'lost';
      if (isMarked(metadata)) return 'sealed';
      if (!plain) throw new DamagedObject('An object is not encrypted, though it is younger than its user’s key');
      return 'plain';
    },

    resume(key, header) {
      return keys.toRead(pictureOwner(key) ?? '', (secret) => cipherOf(secret, key, header));
    },
  };
}
