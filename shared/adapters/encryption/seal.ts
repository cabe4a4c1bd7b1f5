import { Transform } from 'node:stream';
import type { ObjectCipher } from './cipher.ts';
import { SCHEME, type Scheme, TAG_BYTES } from './segments.ts';

/** Makes segments of what comes in pieces of any size. The last one is known only when nothing comes after it. */
function createSegmenter(cipher: ObjectCipher, { segmentBytes }: Scheme) {
  const room = segmentBytes - TAG_BYTES;
  const segment = Buffer.alloc(room);
  let filled = 0;
  let size = room - cipher.header.length;
  let number = 0;

  function close(last: boolean): Buffer {
    const sealed = cipher.seal(segment.subarray(0, filled), number, last);
    const stored = number === 0 ? Buffer.concat([cipher.header, sealed]) : sealed;
    number += 1;
    filled = 0;
    size = room;
    return stored;
  }

  return {
    *push(piece: Uint8Array): Generator<Buffer> {
      for (let at = 0; at < piece.length; ) {
        if (filled === size) yield close(false);
        const taken = piece.subarray(at, at + size - filled);
        segment.set(taken, filled);
        filled += taken.length;
        at += taken.length;
      }
    },
    end: () => close(true),
  };
}

/** Encrypts what passes through, one segment at a time. */
export function createSealing(cipher: ObjectCipher, scheme: Scheme = SCHEME): Transform {
  const segments = createSegmenter(cipher, scheme);
  return new Transform({
    transform(piece: Uint8Array, _, done) {
      for (const stored of segments.push(piece)) this.push(stored);
      done();
    },
    flush(done) {
      done(null, segments.end());
    },
  });
}

/** Encrypts what is in memory. */
export function sealWhole(cipher: ObjectCipher, content: Uint8Array, scheme: Scheme = SCHEME): Buffer {
  const segments = createSegmenter(cipher, scheme);
  return Buffer.concat([...segments.push(content), segments.end()]);
}
