import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createFindFaces, type FoundFace } from '../../functions/faces/find-faces.ts';
import { type FaceModel, loadFaceModel } from '../../shared/adapters/face-model.ts';
import { dot } from '../../shared/domain/clustering/vectors.ts';
import { cutFace, framed, openFacePicture } from '../../shared/imaging/face-picture.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture, truncated } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';

let model: Promise<FaceModel>;
beforeAll(() => {
  model = loadFaceModel();
});
const find = createFindFaces(() => model);

describe('a picture', () => {
  test.each(['png', 'avif'] as const)('drawn as %s shows nobody', async (format) => {
    expect(await find(await drawPicture({ width: 320, height: 240, format }))).toEqual([]);
  });

  test('of one pixel shows nobody', async () => {
    expect(await find(await drawPicture({ width: 1, height: 1, format: 'png' }))).toEqual([]);
  });

  test.each([
    ['is none', Buffer.from('no picture')],
    ['is empty', Buffer.alloc(0)],
  ])('that %s is refused', async (_, bytes) => {
    await expect(find(bytes)).rejects.toMatchObject({ name: 'UnacceptablePicture' });
  });

  test('that broke off is refused', async () => {
    await expect(find(truncated(await drawPicture()))).rejects.toMatchObject({ name: 'UnacceptablePicture' });
  });

  test('is looked at upright, in few pixels, without transparency', async () => {
    const wide = await sharp({ create: { width: 3000, height: 1000, channels: 4, background: '#ff000000' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(await openFacePicture(wide)).toMatchObject({ width: 427, height: 1280, channels: 3 });
    const clear = await sharp({ create: { width: 4, height: 4, channels: 4, background: '#ff000000' } })
      .png()
      .toBuffer();
    expect([...(await openFacePicture(clear)).data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  test('is framed by its own mirror image', async () => {
    const data = Uint8Array.from({ length: 30 }, (_, index) => 10 * Math.floor(index / 3));
    const { picture, left, top } = await framed({ data, width: 10, height: 1, channels: 3 });
    expect({ left, top, width: picture.width, height: picture.height }).toEqual({
      left: 2,
      top: 1,
      width: 14,
      height: 3,
    });
    const row = Array.from({ length: 14 }, (_, x) => picture.data[(14 + x) * 3]);
    expect(row).toEqual([10, 0, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 90, 80]);
  });
});

test('a crop is a small square that says nothing of its origin', async () => {
  const picture = await openFacePicture(await drawPicture({ width: 300, height: 200 }));
  const { width, height, format, exif, icc } = await sharp(
    await cutFace(picture, { x: 250, y: 10, width: 90, height: 100 }),
  ).metadata();
  expect({ width, height, format, exif, icc }).toEqual({ width: 160, height: 160, format: 'webp' });
});

describe.skipIf(!photosThere('faces'))('real people', () => {
  const seen = new Map<string, FoundFace[]>();
  const lookAt = async (file: string) => {
    const known = seen.get(file) ?? (await find(readFileSync(photos('faces', file))));
    seen.set(file, known);
    return known;
  };
  const first = async (file: string) => (await lookAt(file))[0]?.face.descriptor as Float32Array;

  test('a couple is two, the larger first', async () => {
    const faces = (await lookAt('couple.jpg')).map(({ face }) => face);
    expect(faces.map(({ n }) => n)).toEqual([0, 1]);
    expect(faces[0]?.box.x).toBeCloseTo(0.14, 1);
    expect(faces[1]?.box.x).toBeCloseTo(0.61, 1);
    for (const { descriptor } of faces) expect(dot(descriptor, descriptor)).toBeCloseTo(1, 5);
  });

  test('a group is all of those who can be seen, also who is cut in half by the edge', async () => {
    const faces = await lookAt('selfie-many-people.jpg');
    expect(faces.length).toBeGreaterThanOrEqual(6);
    const cut = faces.filter(({ face }) => face.box.x === 0 && face.box.y > 0.6);
    expect(cut).toHaveLength(1);
    for (const { face } of faces) {
      expect(face.box.x + face.box.width).toBeLessThanOrEqual(1.000001);
      expect(face.box.y + face.box.height).toBeLessThanOrEqual(1.000001);
    }
  });

  // The pair of one person that is least alike, and the pair of two that is most, of all the labelled ones.
  test('one person is more like himself than like anybody else', async () => {
    const same = dot(await first('img3.jpg'), await first('img12.jpg'));
    const different = dot(await first('img8.jpg'), await first('img22.jpg'));
    expect(same).toBeGreaterThan(0.935);
    expect(different).toBeLessThan(0.93);
  });
});
