import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createImageUrls } from '../../shared/adapters/image-urls.ts';
import { createLinkSignatures, type Link, SigningKeyMissing } from '../../shared/adapters/link-signatures.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createSecrets } from '../../shared/adapters/secrets.ts';
import { createSignerCredentials } from '../../shared/adapters/signer.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { originalKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, type World } from '../support/world.ts';

const API = 'https://photos.example/api/v1';
const VIEWER = { apiUrl: API, user: { auth_time: 1_700_000_000 } };
const MINUTE = 60_000;
const USER = 'Ada/1';
const ID = imageId(1);
const KEY = 'k'.repeat(40);
let world: World;
let now: number;
const clock = () => new Date(now);

const rendition = (key: string, content_type: string) => ({ key, content_type, bytes: 4, width: 2, height: 1 });
function stored(changes: Partial<ImageRecord> = {}): ImageRecord {
  return imageRecord(USER, 1, {
    status: 'done',
    display_name: 'Café “été”.jpg',
    original: rendition(originalKey('ada', ID), 'image/jpeg'),
    thumbnails: {
      small: rendition(thumbnailKey('ada', ID, 'small'), 'image/webp'),
      medium: rendition(thumbnailKey('ada', ID, 'medium'), 'image/webp'),
    },
    ...changes,
  });
}

beforeAll(async () => {
  world = await startWorld();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', world.aws.endpoints.s3);
  const objects = createObjects(world.s3, BUCKET);
  await objects.write(originalKey('ada', ID), Buffer.from('orig'), 'text/html');
  await objects.write(thumbnailKey('ada', ID, 'small'), Buffer.from('smal'), 'image/webp');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});
beforeEach(() => {
  now = Date.now();
  world.aws.resetRequests();
});

const config = (endpoint: string) => ({ region: 'eu-central-1', endpoint, credentials: world.aws.credentials });
function sts() {
  return new STSClient(config(world.aws.endpoints.sts));
}
const signer = () => createSignerCredentials(sts(), 'arn:aws:iam::000000000000:role/url-signer', clock);
const signatures = (key = KEY) =>
  createLinkSignatures({ secrets: { get: async () => ({ azure_openai_api_key: '', url_signing_key: key }) }, clock });
/** A function that renders the URLs of one photo. */
function urls(mode: 'presigned' | 'proxy', key?: string) {
  const storage = { s3: world.s3, bucket: BUCKET, signingCredentials: signer() };
  const urlsOf = createImageUrls({ mode, ...storage, signatures: signatures(key) });
  return async (record: ImageRecord) => (await urlsOf([record], VIEWER)).imageUrls(record);
}

describe('signing credentials', () => {
  test('are fetched once for many at a time, and renewed half-way', async () => {
    const credentials = signer();
    const [first, again] = await Promise.all([credentials(), credentials()]);
    expect(again).toBe(first);
    expect(first?.expires.getTime()).toBeGreaterThan(now + 59 * MINUTE);
    now += 29 * MINUTE;
    expect(await credentials()).toBe(first);
    now += 2 * MINUTE;
    expect((await credentials()).accessKeyId).not.toBe(first?.accessKeyId);
    expect(world.aws.requests()).toMatchObject({ 'sts:AssumeRole': 2 });
  });

  test('serve to their end where renewing fails, and no longer', async () => {
    const client = sts();
    const credentials = createSignerCredentials(client, 'arn:aws:iam::000000000000:role/url-signer', clock);
    const held = await credentials();
    // From here on nobody answers.
    client.config.endpoint = async () => ({ protocol: 'http:', hostname: '127.0.0.1', port: 9, path: '/' });
    now = held.expires.getTime() - 1;
    expect(await credentials()).toBe(held);
    now += 1;
    await expect(credentials()).rejects.toThrow();
  });
});

describe('presigned URLs', () => {
  test('open, with the type and the name of the record, whatever S3 was told', async () => {
    const { original_url, thumbnail_url } = await urls('presigned')(stored());
    const original = await fetch(original_url ?? '');
    expect([original.status, await original.text()]).toEqual([200, 'orig']);
    expect(original.headers.get('content-type')).toBe('image/jpeg');
    expect(original.headers.get('content-disposition')).toBe(
      `inline; filename="Cafe _ete_.jpg"; filename*=UTF-8''Caf%C3%A9%20%E2%80%9C%C3%A9t%C3%A9%E2%80%9D.jpg`,
    );
    const thumbnail = await fetch(thumbnail_url ?? '');
    expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(thumbnail.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
  });

  test('of what no browser paints are saved, not opened', async () => {
    const record = stored({ original: rendition(originalKey('ada', ID), 'text/html') });
    const { original_url } = await urls('presigned')(record);
    const { headers } = await fetch(original_url ?? '');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
  });

  test('stay the same for half an hour, and say when they die', async () => {
    const render = urls('presigned');
    const first = await render(stored());
    now += 29 * MINUTE;
    expect(await render(stored())).toEqual(first);
    now += 2 * MINUTE;
    expect((await render(stored())).thumbnail_url).not.toBe(first.thumbnail_url);

    const query = new URL(first.thumbnail_url ?? '').searchParams;
    const date = query.get('X-Amz-Date')?.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z') ?? '';
    const dies = Date.parse(date) + Number(query.get('X-Amz-Expires')) * 1000;
    expect(Date.parse(first.urls_expire_at ?? '')).toBeLessThanOrEqual(dies);
    expect(Date.parse(first.urls_expire_at ?? '')).toBeGreaterThan(dies - 5_000);
  });
});

describe('proxy URLs', () => {
  const proxy = async () => (await urls('proxy')(stored())).thumbnails?.medium ?? '';
  function linkOf(url: string): { link: Link; sig: string } {
    const query = new URL(url).searchParams;
    const link = {
      user_id: query.get('u') ?? '',
      image_id: ID,
      rendition: 'medium' as const,
      at: Number(query.get('at')),
      exp: Number(query.get('exp')),
    };
    return { link, sig: query.get('sig') ?? '' };
  }

  test('lead to the API as this client sees it, and carry a signature that holds', async () => {
    const rendered = await urls('proxy')(stored());
    const shape = (path: string) =>
      expect.stringMatching(
        new RegExp(`^${API}/images/${ID}/${path}\\?u=Ada%2F1&at=1700000000&exp=\\d+&sig=[\\w-]{43}$`),
      );
    expect(rendered).toMatchObject({
      original_url: shape('original'),
      thumbnail_url: shape('thumbnails/small'),
      thumbnails: { small: shape('thumbnails/small'), medium: shape('thumbnails/medium') },
    });
    const { link, sig } = linkOf(rendered.thumbnails?.medium ?? '');
    expect(await signatures().isGood(link, sig)).toBe(true);
    expect(rendered.urls_expire_at).toBe(new Date(link.exp * 1000).toISOString());
  });

  test('live an hour at least, stay the same within a window, and end when they say', async () => {
    now = Date.parse('2026-03-01T10:00:00Z');
    const url = await proxy();
    now += 29 * MINUTE;
    expect(await proxy()).toBe(url);
    const { link, sig } = linkOf(url);
    expect(link.exp * 1000 - now).toBeGreaterThanOrEqual(60 * MINUTE);
    now = link.exp * 1000 - 1;
    expect(await signatures().isGood(link, sig)).toBe(true);
    now += 1;
    expect(await signatures().isGood(link, sig)).toBe(false);
  });

  test('cannot be altered', async () => {
    const { link, sig } = linkOf(await proxy());
    const altered: [Link, string][] = [
      [{ ...link, user_id: 'Eve' }, sig],
      [{ ...link, image_id: imageId(2) }, sig],
      [{ ...link, rendition: 'original' }, sig],
      [{ ...link, at: link.at + 1 }, sig],
      [{ ...link, exp: link.exp + 1 }, sig],
      [{ ...link, exp: Number.NaN }, sig],
      [{ ...link, exp: Number.POSITIVE_INFINITY }, sig],
      [link, ''],
      [link, sig.slice(0, -2)],
      [link, `${sig}A`],
    ];
    for (const [changed, signature] of altered) expect(await signatures().isGood(changed, signature)).toBe(false);
    expect(await signatures('another key'.repeat(5)).isGood(link, sig)).toBe(false);
  });

  test('need a key worth the name', async () => {
    await expect(urls('proxy', 'short')(stored())).rejects.toThrow(SigningKeyMissing);
    const { link } = linkOf(await proxy());
    expect(await signatures('').isGood(link, 'x')).toBe(false);
  });

  test('take their key from the stack’s secret', async () => {
    const client = new SecretsManagerClient(config(world.aws.endpoints.secretsmanager));
    const created = await client.send(
      new CreateSecretCommand({ Name: 'urls', SecretString: JSON.stringify({ url_signing_key: KEY }) }),
    );
    const fromSecret = createLinkSignatures({ secrets: createSecrets(client, created.ARN ?? '', clock), clock });
    const { link, sig } = linkOf(await proxy());
    expect(await fromSecret.isGood(link, sig)).toBe(true);
  });
});

test.each(['presigned', 'proxy'] as const)('%s: what is not there yet has no URL', async (mode) => {
  const record = imageRecord(USER, 1);
  expect(await urls(mode)(record)).toEqual({
    original_url: null,
    thumbnail_url: null,
    thumbnails: null,
    urls_expire_at: null,
  });
});
