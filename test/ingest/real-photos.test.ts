import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photos as folder, photosThere } from '../fixtures/real-photos.ts';
import { startWorld, type World } from '../support/world.ts';
import { openPhotos, sha256 } from './photos.ts';

/** Files that are rejected, and why; every other one is accepted. Those of one folder that are the same bytes are duplicates. */
const REJECTED: Readonly<Record<string, string>> = {
  // Two kilobytes made to trip up another reader: it begins like a JPEG, but no marker follows.
  'NegativeArraySizeException.DuckyReader.extract.mp3': 'unknown_format',
};

/** Phones' pictures as seen: of some the container says that they are to be turned. */
const SEEN: Readonly<Record<string, [width: number, height: number]>> = {
  'HMD_Nokia_8.3_5G.heif': [3456, 4608],
  'HMD_Nokia_8.3_5G_hdr.heif': [4608, 3456],
  'IMG_5195.HEIC': [2566, 3313],
  'iphone_13_pro_max.HEIC': [3024, 4032],
  'samplefilehub.heif': [640, 426],
};

const FOLDERS = ['camera', 'heic', 'orientation', 'facts'] as const;
const there = FOLDERS.every(photosThere);

describe.skipIf(!there)('pictures of cameras and phones (skipped where photos/ is absent)', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  test.each(FOLDERS)(
    '%s: each is accepted with its facts, or rejected with a true reason',
    { timeout: 180_000 },
    async (name) => {
      const photos = openPhotos(world, name);
      const files = readdirSync(folder(name)).sort();
      const firstOf = new Map<string, number>();
      for (const [index, file] of files.entries()) {
        const bytes = readFileSync(folder(name, file));
        await photos.upload(index, bytes);
        await photos.run(index);
        const twin = firstOf.get(sha256(bytes));
        const reason = REJECTED[file];
        if (reason !== undefined) await photos.expectRejected(index, reason);
        else if (twin !== undefined) await photos.expectDuplicate(index, twin);
        else {
          const record = await photos.expectAccepted(index, bytes);
          const { colors, color_bins, placeholder, phash, taken_at, taken_key, metadata, place, thumbnails } = record;
          expect([file, colors?.length, color_bins?.length].every(Boolean), file).toBe(true);
          expect([file, placeholder, phash]).toEqual([
            file,
            expect.any(String),
            expect.stringMatching(/^[0-9a-f]{16}$/),
          ]);
          expect(taken_key, file).toBe(`${taken_at}#${record.image_id}`);
          // A picture that knows where it was taken was taken somewhere, but far out at sea.
          if (place) expect(metadata?.gps, file).toBeDefined();
          const size = SEEN[file];
          if (size) {
            expect([file, record.width, record.height]).toEqual([file, ...size]);
            const longest = Math.max(thumbnails?.preview?.width ?? 0, thumbnails?.preview?.height ?? 0);
            expect([file, longest]).toEqual([file, Math.min(2048, Math.max(...size))]);
          }
          expect(thumbnails?.preview !== undefined, file).toBe(/\.hei[cf]$/i.test(file));
          firstOf.set(sha256(bytes), index);
        }
      }
    },
  );
});
