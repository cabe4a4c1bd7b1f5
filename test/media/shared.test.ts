import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { newToken, newUuid, systemClock } from '../../shared/adapters/ids.ts';
import { storePassword } from '../../shared/adapters/link-passwords.ts';
import type { RenditionName } from '../../shared/adapters/link-signatures.ts';
import { createLinks, type LinkTerms } from '../../shared/adapters/links.ts';
import { createShareSignatures } from '../../shared/adapters/share-signatures.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Media, SIGNING_KEY, startMedia } from './media.ts';

const ALBUM = imageId(9_001);

// In either mode: a redirect would tell whose pictures they are.
describe.each(['presigned', 'proxy'] as const)('by a link, where URLs are %s', (mode) => {
  let media: Media;
  let picture: Buffer;
  beforeAll(async () => {
    media = await startMedia(mode);
    const at = new Date().toISOString();
    const album = {
      album_id: ALBUM,
      kind: 'manual',
      name: 'Summer',
      sort: 'taken',
      created_at: at,
      updated_at: at,
    } as const;
    await createAlbums(media.world.table, TABLE).create('ada', album);
    const gps = { GPSLatitudeRef: 'N', GPSLatitude: '38/1 42/1 0/1' };
    picture = await sharp(await drawPicture({ format: 'png', width: 90, height: 60 }))
      .withExif({ IFD0: { Artist: 'Ada' }, IFD3: gps })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
  });
  afterAll(() => media.stop());

  const links = () => createLinks(media.world.table, TABLE, systemClock);
  async function share(terms: Partial<LinkTerms> = {}) {
    const token = newToken();
    const all = { download: false, location: false, expiresAt: new Date(Date.now() + 3_600_000), ...terms };
    const { link_id } = await links().create({ userId: 'ada', albumId: ALBUM }, token, all, newUuid);
    return { token, link_id };
  }
  const photo = (changes: Partial<ImageRecord> = {}, contentType?: string) =>
    media.photo(
      'ada',
      { original: picture, ...(contentType && { contentType }) },
      { albums: { [ALBUM]: '1' }, ...changes },
    );
  const get = (token: string, id: string, path: string, query: Record<string, string> = {}) =>
    media.call(`/shared/${token}/images/${id}/${path}`, { query });
  async function signed(token: string, image_id: string, rendition: RenditionName) {
    const secrets = { get: async () => ({ azure_openai_api_key: '', url_signing_key: SIGNING_KEY }) };
    const signatures = createShareSignatures({ secrets, clock: systemClock });
    const exp = signatures.expiry(new Date(Date.now() + 3_600_000));
    const sign = await signatures.signer(token, exp);
    return { exp: String(exp), sig: sign({ what: 'image', image_id, rendition }) };
  }

  test('a thumbnail is streamed, says nothing of its owner, and is asked for anew each time', async () => {
    const { image_id } = await photo();
    const { token } = await share();
    const answer = await get(token, image_id, 'thumbnails/medium');
    expect([answer.status, answer.body.toString()]).toEqual([200, `medium of ${image_id}`]);
    expect(answer.headers).toMatchObject({ 'content-type': 'image/webp', 'cache-control': 'private, no-cache' });
    expect(JSON.stringify(answer.headers)).not.toMatch(/ada/);
  });

  test('an original goes out without what it says about itself, where originals do', async () => {
    const { image_id } = await photo({ metadata: { orientation: 6 } });
    const refused = await get((await share()).token, image_id, 'original');
    expect(refused.status).toBe(404);
    const answer = await get((await share({ download: true })).token, image_id, 'original');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/jpeg']);
    const { orientation, exif } = await sharp(answer.body).metadata();
    expect([orientation, exif?.includes('Ada'), exif?.length]).toEqual([6, false, 32]);
    const pixels = (bytes: Buffer) => sharp(bytes).autoOrient().raw().toBuffer();
    expect((await pixels(answer.body)).equals(await pixels(picture))).toBe(true);
    const whole = await get((await share({ download: true, location: true })).token, image_id, 'original');
    expect(whole.body.equals(picture)).toBe(true);
  });

  test('of a kind that metadata cannot be taken out of, a smaller picture goes out', async () => {
    const { image_id } = await photo({}, 'image/heic');
    const answer = await get((await share({ download: true })).token, image_id, 'original');
    expect([answer.headers['content-type'], answer.body.toString()]).toEqual(['image/webp', `medium of ${image_id}`]);
  });

  test('a link with a password opens a picture by its signed URL, and by that URL only', async () => {
    const [one, other] = [await photo(), await photo()];
    const { token } = await share({ password: await storePassword('sea shells') });
    expect((await get(token, one.image_id, 'thumbnails/small')).status).toBe(401);
    const query = await signed(token, one.image_id, 'small');
    expect((await get(token, one.image_id, 'thumbnails/small', query)).status).toBe(200);
    expect((await get(token, one.image_id, 'thumbnails/medium', query)).status).toBe(401);
    expect((await get(token, other.image_id, 'thumbnails/small', query)).status).toBe(401);
    const past = { ...query, exp: String(Number(query.exp) + 1) };
    expect((await get(token, one.image_id, 'thumbnails/small', past)).status).toBe(401);
  });

  test('a URL that was given out opens nothing once its link is taken back, or its photo is in the trash', async () => {
    const { image_id } = await photo();
    const { token, link_id } = await share();
    const query = await signed(token, image_id, 'small');
    expect((await get(token, image_id, 'thumbnails/small', query)).status).toBe(200);
    const trash = (expression: string, values?: Record<string, string>) =>
      media.world.table.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: { user_id: 'ada', sk: `IMAGE#${image_id}` },
          UpdateExpression: expression,
          ExpressionAttributeValues: values,
        }),
      );
    await trash('SET trashed_at = :at', { ':at': '2026-01-01T00:00:00.000Z' });
    expect((await get(token, image_id, 'thumbnails/small', query)).status).toBe(404);
    await trash('REMOVE trashed_at');
    expect((await get(token, image_id, 'thumbnails/small', query)).status).toBe(200);
    await links().revoke('ada', ALBUM, link_id);
    const revoked = await get(token, image_id, 'thumbnails/small', query);
    const never = await get(newToken(), image_id, 'thumbnails/small', query);
    expect(revoked.status).toBe(404);
    expect(revoked.json()).toMatchObject({ detail: expect.stringMatching(/not any more/) });
    expect(revoked.json()).toEqual(never.json());
  });

  test('a link opens nothing once its owner has deleted the account, however good it is', async () => {
    const token = newToken();
    const at = new Date().toISOString();
    const album = {
      album_id: ALBUM,
      kind: 'manual',
      name: 'L',
      sort: 'taken',
      created_at: at,
      updated_at: at,
    } as const;
    await createAlbums(media.world.table, TABLE).create('Lou', album);
    const { image_id } = await media.photo('Lou', { original: picture }, { albums: { [ALBUM]: '1' } });
    const all = { download: true, location: true, expiresAt: new Date(Date.now() + 3_600_000) };
    await links().create({ userId: 'Lou', albumId: ALBUM }, token, all, newUuid);
    const query = await signed(token, image_id, 'small');
    expect((await get(token, image_id, 'thumbnails/small', query)).status).toBe(200);
    await createDepartures(media.world.table, TABLE, systemClock).begin('Lou');
    expect((await get(token, image_id, 'thumbnails/small', query)).status).toBe(404);
    expect((await get(token, image_id, 'original')).status).toBe(404);
  });

  test('pictures of other albums are not there', async () => {
    const { image_id } = await photo({ albums: { [imageId(9_002)]: '1' } });
    const { token } = await share({ download: true, location: true });
    for (const path of ['thumbnails/small', 'original']) expect((await get(token, image_id, path)).status).toBe(404);
  });
});
