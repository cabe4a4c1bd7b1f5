import { BrokenFile, ByteReader, type Bytes, orientationOnly, text, view } from './bytes.ts';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
/** What a picture is painted with, and its animation (PNG, third edition, clause 11). Everything else may say something about it. */
const KEPT = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '),
);

/** A PNG without what it says about itself. */
export async function* stripPng(source: Bytes, orientation: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  const signature = await reader.exactly(8);
  if (text(signature) !== SIGNATURE) throw new BrokenFile('Not a PNG');
  yield signature;
  for (;;) {
    const head = await reader.exactly(8);
    const length = view(head).getUint32(0);
    const type = text(head.subarray(4));
    // With its checksum.
    if (!KEPT.has(type)) await reader.skip(length + 4);
    else {
      yield head;
      yield* reader.through(length + 4);
    }
    if (type === 'IHDR' && orientation !== 1) yield chunk('eXIf', orientationOnly(orientation));
    if (type === 'IEND') return;
  }
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const words = view(bytes);
  words.setUint32(0, content.length);
  for (let at = 0; at < 4; at += 1) bytes[4 + at] = type.charCodeAt(at);
  bytes.set(content, 8);
  words.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** PNG, annex D. Of a few bytes: no table is worth it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
