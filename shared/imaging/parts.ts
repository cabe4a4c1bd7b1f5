import type { PictureFormat } from './format.ts';
import { jpegSegments } from './jpeg.ts';
import { tiffDirectories } from './tiff.ts';

/**
 * Of how many parts a file is made, counted without decoding any. Decoders take a time that grows with the square of the number of
 * frames (a WebP file of 48 MB with a million of them holds libwebp up for hours, and nothing interrupts it while it reads the header),
 * and keep something of every part.
 */

/** Frames of an animation, pages of a TIFF file. */
export const MAX_FRAMES = 10_000;
/** Chunks, segments or blocks. Encoders write pixels in pieces of 8 KB and more. */
export const MAX_PARTS = 100_000;

export interface Parts {
  parts: number;
  frames: number;
}

/** Walks over a file, until it has passed a bound. Never throws: where a file ends too early or makes no sense, so does the walk. */
const WALKS: Partial<Record<PictureFormat, (bytes: Uint8Array) => Iterable<'part' | 'frame'>>> = {
  jpeg: function* segments(bytes) {
    for (const _ of jpegSegments(bytes)) yield 'part';
  },
  png: pngChunks,
  webp: webpChunks,
  gif: gifBlocks,
  tiff: function* pages(bytes) {
    for (const _ of tiffDirectories(bytes)) yield 'frame';
  },
};

/** Counts the parts of a file of that format; at the most one more than is allowed. Formats whose boxes are read otherwise have none. */
export function countParts(bytes: Uint8Array, format: PictureFormat): Parts {
  const counted: Parts = { parts: 0, frames: 0 };
  for (const kind of WALKS[format]?.(bytes) ?? []) {
    counted.parts += 1;
    if (kind === 'frame') counted.frames += 1;
    if (counted.parts > MAX_PARTS || counted.frames > MAX_FRAMES) break;
  }
  return counted;
}

function* pngChunks(bytes: Uint8Array): Generator<'part'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) yield 'part';
}

function* webpChunks(bytes: Uint8Array): Generator<'part' | 'frame'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length; ) {
    yield Buffer.from(bytes.subarray(at, at + 4)).toString('latin1') === 'ANMF' ? 'frame' : 'part';
    const size = view.getUint32(at + 4, true);
    at += 8 + size + (size % 2);
  }
}

/** Extensions and frames, each with the sub-blocks behind it (GIF89a). */
function* gifBlocks(bytes: Uint8Array): Generator<'part' | 'frame'> {
  const table = (flags = 0) => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  for (let at = 13 + table(bytes[10]); at < bytes.length; at += 1) {
    if (bytes[at] === 0x21) {
      yield 'part';
      at += 2;
    } else if (bytes[at] === 0x2c) {
      yield 'frame';
      at += 11 + table(bytes[at + 9]);
    } else {
      return;
    }
    while ((bytes[at] ?? 0) !== 0) at += 1 + (bytes[at] ?? 0);
  }
}
