import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPresigner, type PresignRequest, presignTarget } from '../../shared/adapters/presign.ts';

/** What the SDK's own presigner makes of the same request is the specification. */

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

afterEach(() => {
  vi.unstubAllEnvs();
});

interface Place {
  bucket: string;
  config: S3ClientConfig;
  /** As `AWS_ENDPOINT_URL_S3` has it. */
  endpoint?: string;
}

const places: Record<string, Place> = {
  'the bucket in the host name': { bucket: 'photos', config: { region: 'eu-central-1' } },
  'the bucket in the path': { bucket: 'photos', config: { region: 'eu-central-1', forcePathStyle: true } },
  'a bucket with dots, which TLS cannot have in the host name': {
    bucket: 'my.photos',
    config: { region: 'us-east-1' },
  },
  'another partition': { bucket: 'photos', config: { region: 'cn-north-1' } },
  'an endpoint of one’s own, path style': {
    bucket: 'photos',
    config: { region: 'eu-central-1', forcePathStyle: true },
    endpoint: 'http://127.0.0.1:4566',
  },
  'an endpoint of one’s own, by host name': {
    bucket: 'photos',
    config: { region: 'eu-central-1' },
    endpoint: 'https://storage.example:8443',
  },
};

async function both(
  { bucket, config, endpoint }: Place,
  request: PresignRequest,
): Promise<{ ours: string; theirs: string }> {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  const s3 = new S3Client({ ...config, credentials: request.credentials });
  const { cacheControl, contentDisposition, contentType } = request.response ?? {};
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: request.key,
    ...(cacheControl !== undefined && { ResponseCacheControl: cacheControl }),
    ...(contentDisposition !== undefined && { ResponseContentDisposition: contentDisposition }),
    ...(contentType !== undefined && { ResponseContentType: contentType }),
  });
  const theirs = await getSignedUrl(s3, command, { expiresIn: request.expiresIn, signingDate: request.signedAt });
  return { ours: createPresigner(await presignTarget(s3, bucket))(request), theirs };
}

const header = fc.string({ unit: fc.constantFrom(...'abcXYZ019 =;,"\'()*!~+%&?/#ü é'), minLength: 1, maxLength: 40 });
const requests: fc.Arbitrary<PresignRequest> = fc.record({
  key: fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    // The SDK, like S3 itself, does not take keys that a URL parser would shorten.
    .filter((key) => !/(^|\/)(\.{0,2})(\/|$)/.test(key)),
  credentials: fc.record({
    accessKeyId: fc.string({ unit: fc.constantFrom(...'ABCDEF0123456789'), minLength: 16, maxLength: 20 }),
    secretAccessKey: fc.base64String({ minLength: 40, maxLength: 40 }),
    sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 1000 }), { nil: undefined }),
  }),
  signedAt: fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true }),
  expiresIn: fc.integer({ min: 1, max: 604_800 }),
  response: fc.record({ cacheControl: header, contentDisposition: header, contentType: header }, { requiredKeys: [] }),
});

describe.each(Object.entries(places))('%s', (_, place) => {
  test('any request is signed as the SDK signs it, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { ours, theirs } = await both(place, request);
        expect(ours).toBe(theirs);
      }),
      { numRuns: 60 },
    );
  });
});

test('what is prepared for one signing time, lifetime or set of credentials is not used for another', async () => {
  const presign = createPresigner({ baseUrl: 'https://photos.s3.eu-central-1.amazonaws.com', region: 'eu-central-1' });
  const first: PresignRequest = { key: 'a', credentials, signedAt: new Date('2026-01-01T00:00:00Z'), expiresIn: 60 };
  const variants: PresignRequest[] = [
    first,
    { ...first, signedAt: new Date('2026-01-01T00:00:01Z') },
    { ...first, expiresIn: 61 },
    { ...first, credentials: { ...credentials, sessionToken: 'token' } },
    { ...first, credentials: { ...credentials, secretAccessKey: 'another' } },
    first,
  ];
  for (const request of variants) {
    const fresh = createPresigner({ baseUrl: 'https://photos.s3.eu-central-1.amazonaws.com', region: 'eu-central-1' });
    expect(presign(request)).toBe(fresh(request));
  }
  expect(new Set(variants.map((request) => presign(request))).size).toBe(variants.length - 1);
});

test('what one request leaves behind does not show in the next, whatever the lengths of their keys and headers', () => {
  const target = { baseUrl: 'https://photos.s3.eu-central-1.amazonaws.com', region: 'eu-central-1' };
  const presign = createPresigner(target);
  const longer = header.map((text) => text.repeat(500));
  const responses = fc.record(
    { cacheControl: header, contentDisposition: fc.oneof(header, longer), contentType: header },
    { requiredKeys: [] },
  );
  const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.record({ key: texts, response: responses }), { maxLength: 20 }), (all) => {
      for (const one of all) {
        const request = { ...one, credentials, signedAt: new Date('2026-01-01T00:00:00Z'), expiresIn: 60 };
        expect(presign(request)).toBe(createPresigner(target)(request));
      }
    }),
  );
});
