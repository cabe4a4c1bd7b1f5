import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readUploadForm } from '../../../../local/emulators/s3/form.ts';
import { split } from './split.ts';

const TYPE = 'multipart/form-data; boundary=----edge';

async function read(form: Buffer, cuts: number[] = [], type = TYPE) {
  const { fields, filename, file } = await readUploadForm(split(form, cuts), type);
  const parts: Buffer[] = [];
  for await (const part of file) parts.push(Buffer.from(part));
  return { fields, filename, content: Buffer.concat(parts) };
}

function write(fields: [string, string][], content: Uint8Array, after = ''): Buffer {
  const head = fields
    .map(([name, value]) => `------edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('');
  const file =
    '------edge\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n';
  return Buffer.concat([Buffer.from(head + file), content, Buffer.from(`\r\n------edge${after}--\r\n`)]);
}

describe('readUploadForm', () => {
  test('gives fields and file byte for byte, however the network cuts them', async () => {
    // Content made of pieces of the boundary is where a careless search would go wrong.
    const piece = fc.oneof(
      fc.constantFrom('\r\n', '--', '\r\n------edg', '------edge', '\r', '-'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('').replaceAll('\r\n------edge', ''));
    await fc.assert(
      fc.asyncProperty(text, text, fc.array(fc.nat(600), { maxLength: 15 }), async (value, body, cuts) => {
        fc.pre(
          !`\r\n${value}\r\n`.includes('\r\n------edge') && !`\r\n${body}\r\n`.slice(2).includes('\r\n------edge'),
        );
        const content = Buffer.from(body);
        const form = await read(write([['Key', value]], content), cuts);
        expect(form.fields).toEqual({ key: Buffer.from(value).toString() });
        expect(form.filename).toBe('a.jpg');
        expect(form.content.equals(content)).toBe(true);
      }),
    );
  });

  test('reads a quoted boundary and ignores what follows the file', async () => {
    const after = '\r\nContent-Disposition: form-data; name="late"\r\n\r\nvalue\r\n------edge';
    const form = await read(
      write([['key', 'k']], Buffer.from('x'), after),
      [],
      'multipart/form-data; boundary="----edge"',
    );
    expect(form.fields).toEqual({ key: 'k' });
    expect(form.content.toString()).toBe('x');
  });

  test('does not take a file name for a field name', async () => {
    const form = Buffer.from(
      '------edge\r\nContent-Disposition: form-data; filename="x; name=y"; name="file"\r\n\r\nx\r\n------edge--',
    );
    expect((await read(form)).filename).toBe('x; name=y');
  });

  test.each([
    ['no boundary', Buffer.from('x'), 'multipart/form-data', 'MalformedPOSTRequest'],
    ['an early end', write([['key', 'k']], Buffer.from('x')).subarray(0, 80), TYPE, 'MalformedPOSTRequest'],
    ['an unfinished file', write([], Buffer.from('x')).subarray(0, -12), TYPE, 'MalformedPOSTRequest'],
    ['no file', Buffer.from('------edge--'), TYPE, 'IncorrectNumberOfFilesInPostRequest'],
    [
      'a field twice',
      write(
        [
          ['key', 'a'],
          ['KEY', 'b'],
        ],
        Buffer.from('x'),
      ),
      TYPE,
      'InvalidArgument',
    ],
    ['too large fields', write([['key', 'a'.repeat(21_000)]], Buffer.from('x')), TYPE, 'MaxPostPreDataLengthExceeded'],
  ])('refuses a form with %s', async (_, form, type, code) => {
    await expect(read(form, [], type)).rejects.toMatchObject({ code });
  });
});
