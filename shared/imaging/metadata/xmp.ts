import { inflateSync } from 'node:zlib';
import { DOMParser, onErrorStopParsing } from '@xmldom/xmldom';
import ExifReader from 'exifreader';
import { jpegHead } from '../jpeg.ts';

/** Longer packets are somebody's data (masks, depth maps), and parsing half a megabyte of hostile XML takes half a second. */
const MOST_BYTES = 512 * 1024;
/** Each nested declaration copies those around it; real packets have some twenty. */
const MOST_NAMESPACES = 500;

const STARTS = ['<x:xmpmeta', '<rdf:RDF'];
const ENDS = ['</x:xmpmeta>', '</rdf:RDF>'];

/**
 * The properties of a file's first XMP packet in UTF-8, or `undefined`. The packet is found by scanning the bytes. The XMP specification
 * calls that a last resort (September 2005, p. 34): of several packets, the first may be that of an embedded picture. It is worth it
 * here, because exifreader trims a packet's wrapper with expressions that take cubic time on a hostile one (14 KB, six seconds); only what
 * is between the outer tags is handed over. PNG alone may compress its packet, as libpng does. exifreader gets no filter: its filters let
 * a property named `__proto__` through to the prototype. Throws where the packet is malformed.
 */
export function readXmp(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Behind a JPEG's pixels only embedded pictures speak; and megabytes of pixels would be gone through several times.
  const file = whole[0] === 0xff && whole[1] === 0xd8 ? jpegHead(whole) : whole;
  const packet = findPacket(file) ?? findPacket(inflatedText(file));
  if (!packet) return undefined;
  const { xmp } = ExifReader.loadView(new DataView(packet), {
    expanded: true,
    domParser: new DOMParser({ onError: onErrorStopParsing }),
  });
  if (!xmp) return undefined;
  const { _raw, ...properties } = xmp;
  return properties;
}

function findPacket(file: Buffer): ArrayBuffer | undefined {
  for (const [index, start] of STARTS.entries()) {
    const from = file.indexOf(start);
    if (from < 0) continue;
    const head = file.subarray(from, from + MOST_BYTES);
    const end = ENDS[index] as string;
    const to = head.indexOf(end);
    if (to < 0) return undefined;
    const packet = head.toString('latin1', 0, to + end.length);
    if (packet.includes('<?xpacket') || packet.includes('<!DOCTYPE')) return undefined;
    if (packet.split('xmlns').length > MOST_NAMESPACES) return undefined;
    // The wrapper is what exifreader recognises a packet by.
    return new Uint8Array(Buffer.from(`<?xpacket begin=""?>${packet}`, 'latin1')).buffer;
  }
  return undefined;
}

const PNG_KEYWORD = 'XML:com.adobe.xmp\0';

/** The XMP of a PNG's compressed text chunk (PNG specification, zTXt and iTXt), or nothing. Throws where it does not inflate. */
function inflatedText(file: Buffer): Buffer {
  const nothing = Buffer.alloc(0);
  const from = file.indexOf(PNG_KEYWORD);
  if (from < 8) return nothing;
  const type = file.toString('latin1', from - 4, from);
  const end = from + file.readUInt32BE(from - 8);
  const fields = file.subarray(from + PNG_KEYWORD.length, end);
  if (type === 'zTXt') return inflate(fields.subarray(1));
  if (type !== 'iTXt' || fields[0] !== 1) return nothing;
  // Two bytes of compression, then language and translated keyword, each ended by NUL.
  const afterLanguage = fields.indexOf(0, 2) + 1;
  const afterKeyword = fields.indexOf(0, afterLanguage) + 1;
  return afterLanguage > 0 && afterKeyword > 0 ? inflate(fields.subarray(afterKeyword)) : nothing;
}

const inflate = (bytes: Buffer): Buffer => inflateSync(bytes, { maxOutputLength: MOST_BYTES });
