import { describe, expect, test } from 'vitest';
import { acceptedFormat, recogniseFormat } from '../../shared/imaging/format.ts';
import { drawPicture, PICTURE_FORMATS } from '../fixtures/pictures.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
/** An ISO media file's first box with its brands. */
function ftyp(major: string, ...compatible: string[]): Buffer {
  const box = Buffer.alloc(16 + 4 * compatible.length);
  box.writeUInt32BE(box.length, 0);
  box.write(`ftyp${major}`, 4, 'latin1');
  box.write(compatible.join(''), 16, 'latin1');
  return Buffer.concat([box, Buffer.alloc(64)]);
}

/** A TIFF entry. */
type Entry = [tag: number, type: number, value: number | string];
const TAG = { subfileType: 254, compression: 259, photometric: 262, make: 271, below: 330, dngVersion: 50706 };
const long = (tag: number, value: number): Entry => [tag, 4, value];
const ascii = (tag: number, value: string): Entry => [tag, 2, value];
/** The offset of the directory with that number. */
const below = (directory: number): Entry => [TAG.below, 13, directory];

/**
 * A TIFF file that has only directories. Those in `chain` follow one another, by default all; the last one says `end`: that there is
 * none behind it, or that it is the first again.
 */
function tiffFile(directories: Entry[][], chain = directories.map((_, index) => index), end = 'none'): Buffer {
  const ROOM = 100;
  const at = (directory: number) => 8 + directory * ROOM;
  const file = Buffer.alloc(at(directories.length));
  file.write('II*\0\x08', 0, 'latin1');
  directories.forEach((entries, index) => {
    file.writeUInt16LE(entries.length, at(index));
    entries.forEach(([tag, type, value], entry) => {
      const start = at(index) + 2 + entry * 12;
      file.writeUInt16LE(tag, start);
      file.writeUInt16LE(type, start + 2);
      file.writeUInt32LE(typeof value === 'string' ? value.length : 1, start + 4);
      if (typeof value === 'string') file.writeUInt32LE(0, start + 8);
      else file.writeUInt32LE(type === 13 ? at(value) : value, start + 8);
    });
    const next = chain[chain.indexOf(index) + 1];
    const last = end === 'round' ? at(0) : 0;
    file.writeUInt32LE(
      chain.includes(index) && next !== undefined ? at(next) : last,
      at(index) + 2 + entries.length * 12,
    );
  });
  return file;
}

describe('recogniseFormat', () => {
  test.each(PICTURE_FORMATS)('accepts %s as an encoder writes it', async (format) => {
    expect(recogniseFormat(await drawPicture({ format }))).toEqual({ kind: 'accepted', format });
  });

  test.each([
    ['an AVIF still whose major brand is mif1', 'avif', ftyp('mif1', 'avif', 'miaf')],
    ['an AVIF sequence', 'avif', ftyp('avis', 'msf1')],
    ['a HEIC still', 'heic', ftyp('heic', 'mif1')],
    ['a HEIC still whose major brand is mif1', 'heic', ftyp('mif1', 'heic')],
    ['a HEIC sequence', 'heic', ftyp('msf1', 'hevc')],
    ['TIFF in Intel order', 'tiff', tiffFile([[]])],
    ['TIFF in Motorola order', 'tiff', bytes('MM\0*\0\0\0\x08\0\0\0\0\0\0')],
    ['BigTIFF', 'tiff', bytes('MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10')],
    ['TIFF without a directory', 'tiff', bytes('II*\0')],
    ['a scanner’s TIFF', 'tiff', tiffFile([[ascii(TAG.make, 'Epson'), long(TAG.photometric, 2)]])],
    ['a pyramid of pictures', 'tiff', tiffFile([[below(1)], [long(TAG.subfileType, 1)]], [0])],
    ['a thumbnail before the picture', 'tiff', tiffFile([[long(TAG.subfileType, 1)], [long(TAG.subfileType, 0)]])],
    ['directories that go round', 'tiff', tiffFile([[]], [0], 'round')],
  ] as const)('accepts %s', (_, format, file) => {
    expect(recogniseFormat(file)).toEqual({ kind: 'accepted', format });
  });

  test.each([
    ['Adobe’s DNG', tiffFile([[long(TAG.dngVersion, 0x401)]])],
    ['a sensor’s data', tiffFile([[long(TAG.photometric, 32803)]])],
    ['a sensor’s data behind a thumbnail', tiffFile([[], [long(TAG.photometric, 34892)]])],
    ['a sensor’s data below a preview', tiffFile([[below(1)], [long(TAG.photometric, 32803)]], [0])],
    ['Nikon’s compression', tiffFile([[long(TAG.compression, 34713)]])],
    ['Sony’s compression', tiffFile([[], [], [long(TAG.compression, 32767)]])],
    ['Pentax’s compression', tiffFile([[long(TAG.compression, 65535)]])],
    ['a camera’s thumbnail first', tiffFile([[ascii(TAG.make, 'NIKON CORPORATION'), long(TAG.subfileType, 1)]])],
    ['a thumbnail with its picture below', tiffFile([[long(TAG.subfileType, 1), below(1)], []], [0])],
    ['Canon’s CR2', bytes('II*\0\x10\0\0\0CR\x02\0')],
    ['Phase One’s IIQ', bytes('II*\0\x10\0\0\0IIII')],
    ['Panasonic’s RW2', bytes('IIU\0\x18\0\0\0')],
    ['Olympus’s ORF', bytes('IIRO\x08\0\0\0')],
    ['Canon’s CR3', ftyp('crx ')],
  ])('takes %s for a camera raw file', (_, file) => {
    expect(recogniseFormat(file)).toEqual({ kind: 'known', name: 'Camera raw files' });
  });

  test.each([
    ['Videos', ftyp('isom', 'mp42')],
    ['Videos', ftyp('qt  ')],
    ['Videos', bytes('RIFF\x00\x00\x00\x00AVI LIST')],
    ['Videos', bytes('\x1a\x45\xdf\xa3')],
    ['BMP pictures', Buffer.concat([bytes('BM\x36\x04\0\0\0\0\0\0'), Buffer.alloc(40)])],
    ['JPEG 2000 pictures', bytes('\0\0\0\x0cjP  \r\n\x87\n')],
    ['JPEG XL pictures', bytes('\xff\x0a')],
    ['Photoshop documents', bytes('8BPS\0\x01')],
    ['PDF documents', bytes('%PDF-1.7')],
    ['ZIP archives', bytes('PK\x03\x04')],
    ['SVG drawings', bytes('<?xml version="1.0"?>\n<!-- hello -->\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG drawings', bytes('\xef\xbb\xbf<svg>')],
  ])('knows %s by name', (name, file) => {
    expect(recogniseFormat(file)).toEqual({ kind: 'known', name });
  });

  test.each([
    ['nothing', ''],
    ['text', 'BMW and other words'],
    ['markup', '<!doctype html><p>a page'],
    ['the beginning of a signature', '\x89PNG'],
    ['a box that ends early', '\0\0\0\x08ftyp'],
    ['RIFF audio', 'RIFF\0\0\0\0WAVEfmt '],
  ])('does not know %s', (_, text) => {
    expect(recogniseFormat(bytes(text)).kind === 'accepted').toBe(false);
  });
});

describe('acceptedFormat', () => {
  test.each([
    ['empty', '', 'The file is empty (0 bytes).'],
    [
      'unsupported_format',
      'IIU\0\x08\0\0\0',
      'Camera raw files are not accepted; JPEG, PNG, WebP, GIF, AVIF, HEIC and TIFF pictures are.',
    ],
    [
      'unknown_format',
      'just words',
      'The file is not a picture of a known format; JPEG, PNG, WebP, GIF, AVIF, HEIC and TIFF pictures are accepted.',
    ],
  ])('says why a file is not accepted: %s', (code, text, message) => {
    expect(() => acceptedFormat(bytes(text))).toThrow(expect.objectContaining({ code, message }));
  });

  test('goes by the bytes only', async () => {
    expect(acceptedFormat(await drawPicture({ format: 'gif' }))).toBe('gif');
  });
});
