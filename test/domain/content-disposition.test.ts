import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentDisposition, safeFilename } from '../../shared/domain/content-disposition.ts';

describe('a file name', () => {
  test.each([
    ['sunset.jpg', 'image/jpeg', 'sunset.jpg'],
    ['IMG_1.JPEG', 'image/jpeg', 'IMG_1.JPEG'],
    ['Sommer in Köln', 'image/webp', 'Sommer in Köln.webp'],
    ['家族写真.png', 'image/png', '家族写真.png'],
    ['family 👨‍👩‍👧.gif', 'image/gif', 'family 👨‍👩‍👧.gif'],
    ['report.html', 'image/jpeg', 'report.html.jpg'],
    ['photo.heic', 'image/jpeg', 'photo.jpg'],
    ['v1.2 final', 'image/png', 'v1.2 final.png'],
    ['../../etc/passwd', 'image/png', '_.._etc_passwd.png'],
    ['C:\\evil', 'image/png', 'C__evil.png'],
    ['cheers\u202egpj.exe', 'image/jpeg', 'cheersgpj.exe.jpg'],
    ['a\r\nSet-Cookie: x=1', 'image/jpeg', 'aSet-Cookie_ x=1.jpg'],
    ['.htaccess', 'image/png', 'htaccess.png'],
    ['', 'image/png', 'image.png'],
    ['...', 'image/png', 'image.png'],
    ['a\ud800b', 'image/png', 'a\ufffdb.png'],
    ['notes.txt', 'application/octet-stream', 'notes.txt'],
  ])('%j holding %s becomes %j', (name, type, expected) => {
    expect(safeFilename(name, type)).toBe(expected);
  });

  test('is short, and keeps its ending', () => {
    expect(safeFilename(`${'長'.repeat(5000)}.jpg`, 'image/jpeg')).toBe(`${'長'.repeat(150)}.jpg`);
  });
});

describe('Content-Disposition', () => {
  test('names the file for old clients and for all others', () => {
    expect(contentDisposition('inline', 'Café “été” 100%.jpg')).toBe(
      `inline; filename="Cafe _ete_ 100_.jpg"; filename*=UTF-8''Caf%C3%A9%20%E2%80%9C%C3%A9t%C3%A9%E2%80%9D%20100%25.jpg`,
    );
  });

  test('stays one header of three parameters, and the true name can be read back, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const value = contentDisposition('attachment', name);
        const match = /^attachment; filename="([\x20-\x7e]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+\-.^_`|~%]*)$/.exec(
          value,
        );
        expect(match?.[1]).not.toMatch(/["\\]/);
        expect(decodeURIComponent(match?.[2] ?? '')).toBe(name.toWellFormed());
      }),
      { numRuns: 500 },
    );
  });
});
