import { open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Authentication } from '../authenticator.ts';
import { AwsError } from '../errors.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { type Algorithm, announced, announcedTrailers, Digests, verifyChecksums } from './checksums.ts';

/** The largest object one request may carry, as in S3. */
const MAX_OBJECT_BYTES = 5 * 1024 ** 3;

export interface ReceivedBody {
  path: string;
  digests: Digests;
  checksums: Record<string, string>;
}

/**
 * The body's chunks. Unlike the stream's own iterator this leaves the connection open when the reader stops early: the
 * client must be able to read why it was refused.
 */
export function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> };
}

/** Writes a source to a new file while digesting it; the file is removed again if anything throws. */
export async function writeTo(
  path: string,
  source: AsyncIterable<Buffer>,
  digests: Digests,
  most: number,
  tooLarge: () => AwsError,
): Promise<void> {
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      digests.update(chunk);
      if (digests.size > most) throw tooLarge();
      yield chunk;
    }
  }
  const file = await open(path, 'wx');
  try {
    await file.writeFile(measured());
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Receives the body of a signed PUT into `path`, undoing `aws-chunked`, and checks everything the request states about
 * it: length, payload hash, Content-MD5, checksums in headers or trailer.
 * @throws AwsError MissingContentLength, IncompleteBody, EntityTooLarge, XAmzContentSHA256Mismatch, BadDigest, InvalidRequest
 */
export async function receiveBody(
  request: IncomingMessage,
  authentication: Authentication,
  path: string,
): Promise<ReceivedBody> {
  const { headers } = request;
  const { payloadHash } = authentication;
  if (payloadHash.startsWith('STREAMING-AWS4')) {
    throw new AwsError(
      'NotImplemented',
      'The emulator does not take chunk signatures; sign the payload or leave it unsigned.',
      501,
    );
  }
  const chunked = payloadHash.startsWith('STREAMING-');
  const length = headers[chunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (length === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  const expected = announced(headers);
  const trailing = chunked ? announcedTrailers(headers) : [];
  const signed = /^[0-9a-f]{64}$/.test(payloadHash);
  const algorithms = new Set<Algorithm>([...expected.keys(), ...trailing, ...(signed ? (['sha256'] as const) : [])]);
  const digests = new Digests(algorithms);
  const trailers: Record<string, string> = {};
  const source = chunked ? decodeAwsChunked(chunksOf(request), trailers) : chunksOf(request);
  await writeTo(path, source, digests, MAX_OBJECT_BYTES, () => {
    return new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
      MaxSizeAllowed: MAX_OBJECT_BYTES,
    });
  });
  try {
    if (digests.size !== Number(length)) {
      throw new AwsError('IncompleteBody', `The request announced ${length} bytes and sent ${digests.size}.`);
    }
    if (signed && digests.bytes('sha256').toString('hex') !== payloadHash) {
      throw new AwsError(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    const md5 = headers['content-md5'];
    if (md5 !== undefined && md5 !== digests.bytes('md5').toString('base64')) {
      throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    for (const algorithm of trailing) {
      const value = trailers[`x-amz-checksum-${algorithm}`];
      if (value === undefined)
        throw new AwsError('MalformedTrailerError', `The trailer x-amz-checksum-${algorithm} is missing.`);
      expected.set(algorithm, value);
    }
    verifyChecksums(expected, digests);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, digests, checksums: Object.fromEntries(expected) };
}
