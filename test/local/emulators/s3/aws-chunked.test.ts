import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAwsChunked } from '../../../../local/emulators/s3/aws-chunked.ts';
import { split } from './split.ts';

async function decode(encoded: Buffer, cuts: number[]): Promise<{ body: Buffer; trailers: Record<string, string> }> {
  const trailers: Record<string, string> = {};
  const parts: Buffer[] = [];
  for await (const part of decodeAwsChunked(split(encoded, cuts), trailers)) parts.push(Buffer.from(part));
  return { body: Buffer.concat(parts), trailers };
}

const encode = (chunks: Uint8Array[]) =>
  Buffer.concat([
    ...chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)};chunk-signature=x\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('0\r\nX-Amz-Checksum-Crc32: AAAAAA==\r\n\r\n'),
  ]);

test('decodes any chunks, however the network cuts them', async () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 5 }),
      fc.array(fc.nat(250), { maxLength: 12 }),
      async (chunks, cuts) => {
        const { body, trailers } = await decode(encode(chunks), cuts);
        expect(body.equals(Buffer.concat(chunks))).toBe(true);
        expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' });
      },
    ),
  );
});

test.each([
  ['no size', 'zz\r\nab\r\n0\r\n\r\n'],
  ['more data than said', '1\r\nab\r\n0\r\n\r\n'],
  ['an early end', '5\r\nab'],
  ['no last chunk', '2\r\nab\r\n'],
  ['an endless line', 'a'.repeat(20_000)],
])('refuses a body with %s', async (_, text) => {
  await expect(decode(Buffer.from(text), [])).rejects.toMatchObject({ code: 'IncompleteBody' });
});
