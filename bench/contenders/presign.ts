/** `node bench/contenders/presign.ts ours|sdk|equal`: 1,000 presigned URLs; `equal` compares those of both, one by one. */
import { GetObjectCommand, type GetObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createPresigner, type PresignRequest, presignTarget } from '../../shared/adapters/presign.ts';
import { report } from '../runner/contender.ts';
import { meterCpu } from '../runner/meter.ts';

const COUNT = 1_000;
/** Thousands before anything is measured: compiled to the last, as in a function that serves pages. */
const WARM = 20;
/** One thousand takes us less than the clock of processor time tells apart well. */
const MEASURED = 10;
const EXPIRES = 3_600;
const signedAt = new Date('2026-05-01T12:00:00Z');
const bucket = 'shoebox-photos-123456789012';
const credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: `${'IQoJb3JpZ2luX2VjE/+='.repeat(40)}==`,
};

const NAMES = ['small.webp', 'it’s (1)!.jpg', 'ü ber/çà*.heic', 'a+b&c=d?e#f%20', '日本 🏖.png', 'plain'];

/** What pages ask for: two thumbnails for each original, which has the name it was given in the answer's header. All are compared under keys that need escaping, too. */
function requestOf(n: number, names: readonly string[]): PresignRequest {
  const key = `thumbnails/KqUHe5PmoYhN2sYlM3Pq7vXc1Zr2/018f3c00-0010-7000-8000-${String(n).padStart(12, '0')}/${names[n % names.length]}`;
  const cacheControl = 'private, max-age=3600';
  const original = {
    contentType: 'image/jpeg',
    contentDisposition: `inline; filename="${n}.jpg"; filename*=UTF-8''${n}%20caf%C3%A9.jpg`,
  };
  return { key, credentials, signedAt, expiresIn: EXPIRES, response: { cacheControl, ...(n % 3 === 0 && original) } };
}
const requests = Array.from({ length: COUNT }, (_, n) =>
  requestOf(n, process.argv[2] === 'equal' ? NAMES : ['small.webp']),
);

const client = (forcePathStyle: boolean) => new S3Client({ region: 'eu-central-1', credentials, forcePathStyle });

async function ours(s3: S3Client): Promise<string[]> {
  const presign = createPresigner(await presignTarget(s3, bucket));
  return requests.map(presign);
}

async function sdk(s3: S3Client): Promise<string[]> {
  const urls: string[] = [];
  for (const { key, response = {} } of requests) {
    const input: GetObjectCommandInput = { Bucket: bucket, Key: key, ResponseCacheControl: response.cacheControl };
    if (response.contentDisposition) input.ResponseContentDisposition = response.contentDisposition;
    if (response.contentType) input.ResponseContentType = response.contentType;
    urls.push(await getSignedUrl(s3, new GetObjectCommand(input), { expiresIn: EXPIRES, signingDate: signedAt }));
  }
  return urls;
}

/** What it takes to compare them is no figure of anybody's. */
async function equal(): Promise<Record<string, number | null>> {
  let same = 0;
  for (const pathStyle of [false, true]) {
    const s3 = client(pathStyle);
    const [own, theirs] = [await ours(s3), await sdk(s3)];
    same += own.filter((url, n) => url === theirs[n]).length;
  }
  return { equal_urls: same, urls: 2 * COUNT, cpu_ms: null, wall_ms: null };
}

const who = process.argv[2];
if (who === 'equal') await report(equal);
else {
  const make = { ours, sdk }[who ?? ''];
  if (!make) throw new Error(`Expected ours, sdk or equal, got ${who}`);
  const s3 = client(false);
  for (let n = 0; n < WARM; n += 1) await make(s3);
  const cpu = meterCpu();
  const started = performance.now();
  for (let n = 0; n < MEASURED; n += 1) await make(s3);
  const cpu_ms = cpu() / MEASURED;
  const wall_ms = (performance.now() - started) / MEASURED;
  console.log(JSON.stringify({ cpu_ms, wall_ms, equal_urls: null }));
}
