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

describe('recogniseFormat', () => {
  test.each(PICTURE_FORMATS)('accepts %s as an encoder writes it', async (format) => {
    expect(recogniseFormat(await drawPicture({ format }))).toEqual({ kind: 'accepted', format });
  });

  test.each([
    ['an AVIF still whose major brand is mif1', ftyp('mif1', 'avif', 'miaf')],
    ['an AVIF sequence', ftyp('avis', 'msf1')],
  ])('accepts %s', (_, file) => {
    expect(recogniseFormat(file)).toEqual({ kind: 'accepted', format: 'avif' });
  });

  test.each([
    ['HEIC pictures', ftyp('heic', 'mif1')],
    ['HEIC pictures', ftyp('mif1', 'heic')],
    ['HEIC pictures', ftyp('msf1', 'hevc')],
    ['Videos', ftyp('isom', 'mp42')],
    ['Videos', ftyp('qt  ')],
    ['Videos', bytes('RIFF\x00\x00\x00\x00AVI LIST')],
    ['Videos', bytes('\x1a\x45\xdf\xa3')],
    ['Camera raw files', ftyp('crx ')],
    ['Camera raw files', bytes('II*\0\x10\0\0\0CR\x02\0')],
    ['Camera raw files', bytes('IIU\0\x18\0\0\0')],
    ['TIFF pictures', bytes('II*\0\x08\0\0\0')],
    ['TIFF pictures', bytes('MM\0*\0\0\0\x08')],
    ['TIFF pictures', bytes('MM\0+\0\x08\0\0')],
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
      'II*\0\x08\0\0\0',
      'TIFF pictures are not accepted yet; JPEG, PNG, WebP, GIF and AVIF pictures are.',
    ],
    [
      'unknown_format',
      'just words',
      'The file is not a picture of a known format; JPEG, PNG, WebP, GIF and AVIF pictures are accepted.',
    ],
  ])('says why a file is not accepted: %s', (code, text, message) => {
    expect(() => acceptedFormat(bytes(text))).toThrow(expect.objectContaining({ code, message }));
  });

  test('goes by the bytes only', async () => {
    expect(acceptedFormat(await drawPicture({ format: 'gif' }))).toBe('gif');
  });
});
