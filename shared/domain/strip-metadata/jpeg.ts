import { BrokenFile, ByteReader, type Bytes, orientationOnly, text, view } from './bytes.ts';

const [SOI, EOI, SOS, APP0, APP2, APP14, APP15, COM] = [0xd8, 0xd9, 0xda, 0xe0, 0xe2, 0xee, 0xef, 0xfe] as const;
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/**
 * A JPEG without what it says about itself (ITU-T T.81, annex B): of the application segments stay JFIF's density, the colour profile and
 * Adobe's colour transform. What comes behind the picture's end (further pictures, films) is left away.
 */
export async function* stripJpeg(source: Bytes, orientation: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  const [first, second] = await reader.exactly(2);
  if (first !== 0xff || second !== SOI) throw new BrokenFile('Not a JPEG');
  yield Uint8Array.of(0xff, SOI);
  let turned = orientation === 1;
  for (let marker = await nextMarker(reader); ; ) {
    if (marker === EOI) {
      yield Uint8Array.of(0xff, EOI);
      return;
    }
    if (isRestart(marker) || marker === 0x01) {
      marker = await nextMarker(reader);
      continue;
    }
    const length = view(await reader.exactly(2)).getUint16(0);
    if (length < 2) throw new BrokenFile('A segment shorter than its length');
    const content = await reader.exactly(length - 2);
    // JFIF wants to be first.
    if (!turned && marker !== APP0) {
      turned = true;
      yield segment(0xe1, Uint8Array.of(...codes('Exif\0\0'), ...orientationOnly(orientation)));
    }
    const kept = keptOf(marker, content);
    if (kept) yield segment(marker, kept);
    if (marker !== SOS) marker = await nextMarker(reader);
    else marker = yield* scan(reader);
  }
}

const codes = (ascii: string) => Array.from(ascii, (character) => character.charCodeAt(0));

function segment(marker: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + content.length);
  view(bytes).setUint32(0, ((0xff00 | marker) << 16) | (content.length + 2));
  bytes.set(content, 4);
  return bytes;
}

/** What stays of a segment; `null`: nothing. */
function keptOf(marker: number, content: Uint8Array): Uint8Array | null {
  if (marker === COM) return null;
  if (marker < APP0 || marker > APP15) return content;
  const name = text(content.subarray(0, 12));
  if (marker === APP0 && name.startsWith('JFIF\0') && content.length >= 14) {
    // Without the small picture it may hold.
    const density = content.slice(0, 14);
    density.fill(0, 12);
    return density;
  }
  if (marker === APP2 && name === 'ICC_PROFILE\0') return content;
  if (marker === APP14 && name.startsWith('Adobe')) return content.subarray(0, 12);
  return null;
}

/** The marker that comes next; any number of 0xff may stand before it. */
async function nextMarker(reader: ByteReader): Promise<number> {
  let [byte] = await reader.exactly(1);
  if (byte !== 0xff) throw new BrokenFile('A marker was expected');
  while (byte === 0xff) [byte] = await reader.exactly(1);
  if (byte === undefined || byte === 0) throw new BrokenFile('A marker was expected');
  return byte;
}

/** Passes the entropy-coded data behind a scan's header on. Returns the marker that ends it. */
async function* scan(reader: ByteReader): AsyncGenerator<Uint8Array, number> {
  for (;;) {
    const piece = await reader.peek();
    if (!piece) throw new BrokenFile('The file ends within a scan');
    const at = piece.indexOf(0xff);
    if (at !== 0) {
      yield await reader.some(at < 0 ? piece.length : at);
      continue;
    }
    await reader.skip(1);
    let [byte = 0] = await reader.exactly(1);
    while (byte === 0xff) [byte = 0] = await reader.exactly(1);
    if (byte !== 0 && !isRestart(byte)) return byte;
    yield Uint8Array.of(0xff, byte);
  }
}
