import { Transform } from 'node:stream';
import type { ObjectCipher } from './cipher.ts';
import { DamagedObject, type Layout, layoutOf, SCHEME, type Scheme } from './segments.ts';

/** Some of an object's content: bytes counted from 0, both ends counted. */
export interface Slice {
  from: number;
  to: number;
}

/**
 * Decrypts the stored bytes of the segments a slice of the content is in, which pass through, and lets out the slice. What goes out has
 * been authenticated, in its place; anything else ends the stream with `DamagedObject`. One segment is held at a time.
 */
export function createOpening(cipher: ObjectCipher, layout: Layout, slice: Slice): Transform {
  const last = layout.segmentAt(slice.to);
  let number = layout.segmentAt(slice.from);
  let held: Uint8Array[] = [];
  let missing = lengthOf(layout, number);

  function open(): Buffer {
    const stored = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    const content = cipher.open(stored, number, number === layout.segments - 1);
    const start = layout.startOf(number);
    held = [];
    number += 1;
    missing = number <= last ? lengthOf(layout, number) : 0;
    return content.subarray(Math.max(0, slice.from - start), slice.to + 1 - start);
  }

  return new Transform({
    transform(piece: Uint8Array, _, done) {
      try {
        for (let at = 0; at < piece.length; ) {
          if (missing === 0) throw new DamagedObject('An object goes on behind its end');
          const taken = piece.subarray(at, at + missing);
          held.push(taken);
          at += taken.length;
          missing -= taken.length;
          if (missing === 0) this.push(open());
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      done(number > last ? null : new DamagedObject('An object breaks off before its end'));
    },
  });
}

function lengthOf(layout: Layout, segment: number): number {
  const { from, to } = layout.storedAt(segment);
  return to - from + 1;
}

/** Decrypts what is in memory, header and all. */
export function openWhole(stored: Uint8Array, cipher: ObjectCipher, scheme: Scheme = SCHEME): Buffer {
  const layout = layoutOf(stored.length, scheme);
  const content = Buffer.alloc(layout.bytes);
  for (let number = 0; number < layout.segments; number += 1) {
    const { from, to } = layout.storedAt(number);
    const opened = cipher.open(stored.subarray(from, to + 1), number, number === layout.segments - 1);
    opened.copy(content, layout.startOf(number));
  }
  return content;
}
