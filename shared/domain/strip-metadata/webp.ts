import { BrokenFile, ByteReader, type Bytes, orientationOnly, text, view } from './bytes.ts';

const KEPT = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
/** Flags of the header (RFC 9649, 2.7): which metadata there is. */
const [EXIF, XMP] = [0x08, 0x04] as const;
/** A name readers do not know, and pass over. */
const BLANK = Uint8Array.from('none', (character) => character.charCodeAt(0));

/**
 * A WebP without what it says about itself. Its size stands at its beginning, before it can be known what there is to leave out:
 * so nothing is left out, but written over with zeros, and what comes out is as long as what went in.
 */
export async function* stripWebp(source: Bytes, orientation: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  const head = await reader.exactly(12);
  if (text(head.subarray(0, 4)) !== 'RIFF' || text(head.subarray(8)) !== 'WEBP') throw new BrokenFile('Not a WebP');
  yield head;
  for (let left = view(head).getUint32(4, true) - 4; left >= 8; ) {
    const start = await reader.exactly(8);
    const type = text(start.subarray(0, 4));
    const length = view(start).getUint32(4, true);
    const padded = Math.min(length + (length % 2), left - 8);
    left -= 8 + padded;
    if (KEPT.has(type)) {
      yield start;
      yield* reader.through(padded);
    } else if (type === 'VP8X' && padded >= 10) {
      const [flags = 0, ...rest] = await reader.exactly(10);
      yield start;
      yield Uint8Array.of(flags & ~XMP & (orientation === 1 ? ~EXIF : 0xff), ...rest);
      await reader.skip(padded - 10);
      yield* zeros(padded - 10);
    } else {
      await reader.skip(padded);
      const turned = type === 'EXIF' && orientation !== 1 ? orientationOnly(orientation) : new Uint8Array();
      if (turned.length > 0 && padded >= turned.length) {
        yield start;
        yield turned;
        yield* zeros(padded - turned.length);
      } else {
        start.set(BLANK);
        yield start;
        yield* zeros(padded);
      }
    }
  }
}

const PIECE = new Uint8Array(64 * 1024);

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
}
