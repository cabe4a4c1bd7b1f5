import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { DamagedObject, headerBytes, PREFIX_BYTES, SCHEME, type Scheme, TAG_BYTES } from './segments.ts';

/** What opens and closes the segments of one object. */
export interface ObjectCipher {
  header: Buffer;
  /** Answers the encrypted segment with its tag. */
  seal(content: Uint8Array, segment: number, last: boolean): Buffer;
  /** Throws `DamagedObject` where it is not this segment of this object. */
  open(stored: Uint8Array, segment: number, last: boolean): Buffer;
}

/** The object's own key, and what its nonces begin with. `name` is bound to it: under another name it does not open. */
function createCipher(key: Uint8Array, header: Buffer, name: string, { keyBytes, hash }: Scheme): ObjectCipher {
  const algorithm = keyBytes === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
  const salt = header.subarray(1, 1 + keyBytes);
  const derived = Buffer.from(hkdfSync(hash, key, salt, name, keyBytes));
  const nonceOf = (segment: number, last: boolean) => {
    const nonce = Buffer.alloc(PREFIX_BYTES + 5);
    header.copy(nonce, 0, 1 + keyBytes);
    nonce.writeUInt32BE(segment, PREFIX_BYTES);
    nonce.writeUInt8(last ? 1 : 0, PREFIX_BYTES + 4);
    return nonce;
  };

  return {
    header,
    seal(content, segment, last) {
      const cipher = createCipheriv(algorithm, derived, nonceOf(segment, last));
      return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    },
    open(stored, segment, last) {
      const decipher = createDecipheriv(algorithm, derived, nonceOf(segment, last), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(stored.subarray(stored.length - TAG_BYTES));
      const content = decipher.update(stored.subarray(0, stored.length - TAG_BYTES));
      try {
        decipher.final();
      } catch {
        throw new DamagedObject(`Segment ${segment} of an object is not what was stored`);
      }
      return content;
    },
  };
}

/** For an object that is written: no two ever have the same key and nonces. `random` answers as many bytes as it is asked for. */
export function newCipher(
  key: Uint8Array,
  name: string,
  random: (bytes: number) => Buffer,
  scheme: Scheme = SCHEME,
): ObjectCipher {
  const length = headerBytes(scheme);
  const header = Buffer.concat([Buffer.of(length), random(length - 1)]);
  return createCipher(key, header, name, scheme);
}

/** For an object that is there. Throws `DamagedObject` where it does not begin as one that we write. */
export function cipherOf(key: Uint8Array, name: string, header: Uint8Array, scheme: Scheme = SCHEME): ObjectCipher {
  const length = headerBytes(scheme);
  if (header.length !== length || header[0] !== length) throw new DamagedObject('An object has another header');
  return createCipher(key, Buffer.from(header), name, scheme);
}
