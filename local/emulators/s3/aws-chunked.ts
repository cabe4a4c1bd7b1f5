import { AwsError } from '../errors.ts';

const MAX_LINE_BYTES = 16 * 1024;

/**
 * Undoes the `aws-chunked` content encoding (`<hex size>[;extension]\r\n<data>\r\n … 0\r\n<trailers>\r\n\r\n`).
 * Yields the data as it comes; trailers are entered into `trailers`, names in lower case.
 * @throws AwsError IncompleteBody when the encoding is broken or ends early
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Record<string, string>,
): AsyncGenerator<Buffer> {
  const broken = (reason: string) => new AwsError('IncompleteBody', `The aws-chunked body is broken: ${reason}.`);
  let pending: Buffer = Buffer.alloc(0);
  let state: 'size' | 'data' | 'after-data' | 'trailers' | 'end' = 'size';
  let left = 0;

  for await (const chunk of source) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length > 0 && state !== 'end') {
      if (state === 'data') {
        const data = pending.subarray(0, left);
        pending = pending.subarray(data.length);
        left -= data.length;
        if (left === 0) state = 'after-data';
        yield data;
        continue;
      }
      const lineEnd = pending.indexOf('\r\n');
      if (lineEnd < 0) {
        if (pending.length > MAX_LINE_BYTES) throw broken('a line is too long');
        break;
      }
      const line = pending.subarray(0, lineEnd).toString('latin1');
      pending = pending.subarray(lineEnd + 2);
      if (state === 'after-data') {
        if (line !== '') throw broken('a chunk is longer than it said');
        state = 'size';
      } else if (state === 'size') {
        const size = line.split(';')[0] ?? '';
        if (!/^[0-9a-f]{1,8}$/i.test(size)) throw broken(`'${size.slice(0, 20)}' is no chunk size`);
        left = Number.parseInt(size, 16);
        state = left === 0 ? 'trailers' : 'data';
      } else if (line === '') {
        state = 'end';
      } else {
        const colon = line.indexOf(':');
        trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
      }
    }
  }
  if (state !== 'end' && state !== 'trailers') throw broken('it ends early');
}
