import { readTiff } from './tiff.ts';
import { UnacceptablePicture } from './unacceptable.ts';

/** Formats that are decoded, and the content type each is stored and served with. */
export const CONTENT_TYPES = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  heic: 'image/heic',
  tiff: 'image/tiff',
} as const;
export type PictureFormat = keyof typeof CONTENT_TYPES;

/** What people call the formats. */
export const FORMAT_NAMES: Readonly<Record<PictureFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  avif: 'AVIF',
  heic: 'HEIC',
  tiff: 'TIFF',
};

/** Formats that browsers do not show: of their pictures a larger preview is kept. */
export const NOT_SHOWN_BY_BROWSERS: ReadonlySet<PictureFormat> = new Set(['heic', 'tiff']);

/** What a file is, by its bytes: an accepted format, one known by name only, or nothing known. */
export type Recognised =
  | { kind: 'accepted'; format: PictureFormat }
  | { kind: 'known'; name: string }
  | { kind: 'unknown' };

const LIST = new Intl.ListFormat('en-GB');

/** How many bytes tell all formats apart but camera raw files from TIFF. */
const HEAD_BYTES = 1024;

const ascii = (bytes: Uint8Array, start: number, end: number) =>
  Buffer.from(bytes.subarray(start, end)).toString('latin1');
const starts = (bytes: Uint8Array, ...signature: number[]) => signature.every((byte, index) => bytes[index] === byte);

/** Each says what it recognises; the first that answers wins. */
const RECOGNISERS: readonly ((head: Uint8Array, whole: Uint8Array) => Recognised | undefined)[] = [
  (head) => (starts(head, 0xff, 0xd8, 0xff) ? accepted('jpeg') : undefined),
  (head) => (starts(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) ? accepted('png') : undefined),
  (head) => (/^GIF8[79]a/.test(ascii(head, 0, 6)) ? accepted('gif') : undefined),
  riff,
  isoMedia,
  tiff,
  (head) => (isBmp(head) ? known('BMP pictures') : undefined),
  (head) => (starts(head, 0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20) ? known('JPEG 2000 pictures') : undefined),
  (head) => (starts(head, 0xff, 0x4f, 0xff, 0x51) ? known('JPEG 2000 pictures') : undefined),
  (head) => (starts(head, 0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20) ? known('JPEG XL pictures') : undefined),
  (head) => (starts(head, 0xff, 0x0a) ? known('JPEG XL pictures') : undefined),
  (head) => (starts(head, 0, 0, 1, 0) ? known('Icons') : undefined),
  (head) => (ascii(head, 0, 4) === '8BPS' ? known('Photoshop documents') : undefined),
  (head) => (ascii(head, 0, 5) === '%PDF-' ? known('PDF documents') : undefined),
  (head) => (starts(head, 0x1a, 0x45, 0xdf, 0xa3) ? known('Videos') : undefined),
  (head) => (starts(head, 0x50, 0x4b, 0x03, 0x04) ? known('ZIP archives') : undefined),
  (head) => (isSvg(head) ? known('SVG drawings') : undefined),
];

/** Recognises a file by its bytes, never by its name or by what a client says about it. */
export function recogniseFormat(bytes: Uint8Array): Recognised {
  const head = bytes.subarray(0, HEAD_BYTES);
  for (const recognise of RECOGNISERS) {
    const answer = recognise(head, bytes);
    if (answer) return answer;
  }
  return { kind: 'unknown' };
}

/** The accepted format of a file. Throws `UnacceptablePicture` (`empty`, `unsupported_format`, `unknown_format`). */
export function acceptedFormat(bytes: Uint8Array): PictureFormat {
  if (bytes.length === 0) throw new UnacceptablePicture('empty', 'The file is empty (0 bytes).');
  const recognised = recogniseFormat(bytes);
  if (recognised.kind === 'accepted') return recognised.format;
  const welcome = `${LIST.format(Object.values(FORMAT_NAMES))} pictures are`;
  if (recognised.kind === 'known') {
    throw new UnacceptablePicture('unsupported_format', `${recognised.name} are not accepted; ${welcome}.`);
  }
  throw new UnacceptablePicture('unknown_format', `The file is not a picture of a known format; ${welcome} accepted.`);
}

function accepted(format: PictureFormat): Recognised {
  return { kind: 'accepted', format };
}

function known(name: string): Recognised {
  return { kind: 'known', name };
}

function riff(head: Uint8Array): Recognised | undefined {
  if (ascii(head, 0, 4) !== 'RIFF') return undefined;
  const form = ascii(head, 8, 12);
  if (form === 'WEBP') return accepted('webp');
  return form === 'AVI ' ? known('Videos') : undefined;
}

const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
/** They only say "a still picture" or "several"; the codec is among the compatible brands. */
const PICTURE_BRANDS = ['mif1', 'mif2', 'msf1', 'miaf', 'MiHB', 'MiHE', 'MA1A', 'MA1B'];

/** ISO base media files say what they are in their `ftyp` box: a major brand, a version, then compatible brands. */
function isoMedia(head: Uint8Array): Recognised | undefined {
  if (ascii(head, 4, 8) !== 'ftyp') return undefined;
  const boxEnd = Math.min(head.length, new DataView(head.buffer, head.byteOffset).getUint32(0));
  const brands = [ascii(head, 8, 12)];
  for (let at = 16; at + 4 <= boxEnd; at += 4) brands.push(ascii(head, at, at + 4));
  const [major = ''] = brands;
  if (AVIF_BRANDS.includes(major)) return accepted('avif');
  if (HEIC_BRANDS.includes(major)) return accepted('heic');
  // Of another codec it may still be: the decoder will say so.
  if (PICTURE_BRANDS.includes(major))
    return accepted(brands.some((brand) => AVIF_BRANDS.includes(brand)) ? 'avif' : 'heic');
  return known(major === 'crx ' ? 'Camera raw files' : 'Videos');
}

/** Classic and BigTIFF in both byte orders, and the variants of Olympus and Panasonic raw files. */
const TIFF_SIGNATURES = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
const RAW_SIGNATURES = ['IIRO', 'IIRS', 'MMOR', 'IIU\0'];

function tiff(head: Uint8Array, whole: Uint8Array): Recognised | undefined {
  const signature = ascii(head, 0, 4);
  // Canon's and Phase One's raw files say so after the header; most other makers' only deeper in the file.
  const after = ascii(head, 8, 12);
  if (RAW_SIGNATURES.includes(signature) || (signature === 'II*\0' && /^(CR|IIII)/.test(after))) {
    return known('Camera raw files');
  }
  if (!TIFF_SIGNATURES.includes(signature)) return undefined;
  return readTiff(whole).cameraRaw ? known('Camera raw files') : accepted('tiff');
}

/** `BM` alone also begins many a text: the four reserved bytes after the size are zero in a bitmap. */
function isBmp(head: Uint8Array): boolean {
  return ascii(head, 0, 2) === 'BM' && head.length >= 14 && head.subarray(6, 10).every((byte) => byte === 0);
}

function isSvg(head: Uint8Array): boolean {
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  return text.startsWith('<') && /<svg[\s>]/i.test(text);
}
