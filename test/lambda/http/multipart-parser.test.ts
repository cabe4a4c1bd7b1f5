import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundaryOf, NotMultipart, parseMultipart } from '../../../shared/lambda/http/multipart-parser.ts';
import { multipart } from '../../api/api.ts';

const MOST = 50;
const lines = (...list: string[]) => Buffer.from(list.join('\r\n'));

describe('parts', () => {
  test('any contents come back as they were sent, in order', () => {
    const part = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), content: fc.uint8Array({ maxLength: 500 }) });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (sent) => {
        const parts = sent.map(({ name, content }) => ({ name, filename: 'x', content: Buffer.from(content) }));
        const { body } = multipart(parts, 'a-boundary-of-its-own');
        const read = parseMultipart(body, 'a-boundary-of-its-own', MOST);
        expect(read.map(({ name, content }) => [name, content.toString('hex')])).toEqual(
          parts.map(({ name, content }) => [name, content.toString('hex')]),
        );
      }),
    );
  });

  test('whatever is cut off or garbled is either read or refused, never worse', () => {
    const { body } = multipart(
      [
        { name: 'files', filename: 'a.jpg', type: 'image/jpeg', content: 'one' },
        { name: 'file', filename: 'b.jpg', content: '\r\n--b\r\n\r\n--' },
      ],
      'b0',
    );
    fc.assert(
      fc.property(fc.nat(body.length), fc.nat(body.length - 1), fc.nat(255), (length, place, byte) => {
        const garbled = Buffer.from(body);
        garbled[place] = byte;
        try {
          parseMultipart(garbled.subarray(0, length), 'b0', MOST);
        } catch (error) {
          expect(error).toBeInstanceOf(NotMultipart);
        }
      }),
      { numRuns: 500 },
    );
    for (let length = 0; length < body.length - 2; length += 1) {
      expect(() => parseMultipart(body.subarray(0, length), 'b0', MOST), `${length} bytes`).toThrow(NotMultipart);
    }
  });

  test('a preamble, an epilogue and blanks after a delimiter are passed over', () => {
    const body = lines('preamble', '--b  ', 'content-disposition: form-data; name=a', '', 'x', '--b--', 'epilogue');
    expect(parseMultipart(body, 'b', MOST)).toMatchObject([
      { name: 'a', filename: undefined, content: Buffer.from('x') },
    ]);
  });

  test('what only begins like the boundary is content', () => {
    const body = lines('--b', 'Content-Disposition: form-data; name="a"', '', 'x', '--', '-b', '--b--');
    expect(parseMultipart(body, 'b', MOST)[0]?.content.toString()).toBe('x\r\n--\r\n-b');
    expect(() =>
      parseMultipart(lines('--b', 'Content-Disposition: form-data; name="a"', '', '--bb--'), 'b', MOST),
    ).toThrow(NotMultipart);
  });

  test('no more are read than are wanted', () => {
    const { body } = multipart(Array(5).fill({ name: 'a', filename: 'a', content: 'a' }), 'b');
    expect(parseMultipart(body, 'b', 3)).toHaveLength(3);
  });

  test.each([
    ['filename="a b.jpg"', 'a b.jpg'],
    ['filename=plain.jpg', 'plain.jpg'],
    ['filename="naïve 写真.jpg"', 'naïve 写真.jpg'],
    ['filename="say \\"hi\\".jpg"', 'say "hi".jpg'],
    ['filename="100%.jpg"', '100%.jpg'],
    ['filename="a%22b%0D%0A.jpg"', 'a"b\r\n.jpg'],
    ['filename="C:\\fakepath\\a.jpg"', 'C:\\fakepath\\a.jpg'],
    [`filename="old.jpg"; filename*=UTF-8''na%C3%AFve.jpg`, 'naïve.jpg'],
    [`filename="old.jpg"; filename*=UTF-8''%E9`, 'old.jpg'],
    ['filename=""', ''],
  ])('%s', (parameter, filename) => {
    const body = lines('--b', `Content-Disposition: form-data; name="a"; ${parameter}`, '', 'x', '--b--');
    expect(parseMultipart(body, 'b', MOST)[0]?.filename).toBe(filename);
  });
});

describe('boundaries', () => {
  test.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data;charset=utf-8;BOUNDARY="a b:c"', 'a b:c'],
    ["multipart/form-data; boundary=dart-http-boundary-x+_'.y; x=1", "dart-http-boundary-x+_'.y"],
  ])('%s', (header, boundary) => expect(boundaryOf(header)).toBe(boundary));

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
  ])('%s is refused', (header) => expect(() => boundaryOf(header)).toThrow(NotMultipart));
});
