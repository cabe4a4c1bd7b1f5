import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isReclusterDue } from '../../../shared/domain/clustering/due.ts';

test.each([
  [0, 49, false],
  [49, 50, true],
  [50, 51, false],
  [50, 99, false],
  [99, 100, true],
  [120, 420, true],
  [200, 100, false],
])('a gallery that grew from %d to %d images is due: %s', (before, after, due) => {
  expect(isReclusterDue(before, after)).toBe(due);
});

test('however a gallery grows, all runs together look at each image about twice', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 500 }), (steps) => {
      let images = 0;
      let looked = 0;
      for (const step of steps) {
        if (isReclusterDue(images, images + step)) looked += images + step;
        images += step;
      }
      // A step may carry a run past the size at which it was due.
      expect(looked).toBeLessThanOrEqual(2 * images + 40 * 10);
      expect(looked).toBeGreaterThanOrEqual(images >= 50 ? images / 2 : 0);
    }),
  );
});
