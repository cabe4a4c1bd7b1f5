import { describe, expect, test } from 'vitest';
import {
  EXPECTED_BACKGROUND,
  estimateBackground,
  newBackground,
  observeSimilarities,
} from '../../../shared/domain/clustering/background.ts';
import { gaussian, seededRandom } from '../../../shared/domain/clustering/random.ts';

function learned(mean: number, deviation: number, images: number, relatedShare = 0) {
  const random = seededRandom(5);
  let stats = newBackground();
  for (let image = 0; image < images; image += 1) {
    const similarities = Array.from({ length: 16 }, () =>
      random() < relatedShare ? mean + 0.4 : mean + deviation * gaussian(random),
    );
    stats = observeSimilarities(stats, similarities);
  }
  return stats;
}

describe('background', () => {
  test('is what is expected before there is data', () => {
    expect(estimateBackground(newBackground())).toEqual(EXPECTED_BACKGROUND.text);
    expect(observeSimilarities(newBackground(), [])).toEqual(newBackground());
  });

  test.each([0, 0.3, 0.6])(
    'learns a background of %d from unrelated pairs, though one pair in ten is related',
    (mean) => {
      const estimate = estimateBackground(learned(mean, 0.05, 200, 0.1));
      expect(Math.abs(estimate.mean - mean)).toBeLessThan(0.02);
      expect(Math.abs(estimate.deviation - 0.05)).toBeLessThan(0.02);
    },
  );

  test('a few images hardly move it', () => {
    expect(Math.abs(estimateBackground(learned(0.6, 0.05, 2)).mean - EXPECTED_BACKGROUND.text.mean)).toBeLessThan(0.05);
  });

  test('follows a gallery that changes, and stays small', () => {
    let stats = learned(0.1, 0.03, 2000);
    for (let i = 0; i < 6000; i += 1)
      stats = observeSimilarities(stats, new Array<number>(16).fill(0.5 + (i % 7) / 100));
    expect(estimateBackground(stats).mean).toBeGreaterThan(0.45);
    expect(JSON.stringify(stats).length).toBeLessThan(5000);
  });

  test('survives storage as JSON', () => {
    const stats = learned(0.3, 0.05, 20);
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });
});
