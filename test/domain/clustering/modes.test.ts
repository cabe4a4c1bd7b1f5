import { describe, expect, test } from 'vitest';
import { drawMixture, type MixtureRecipe } from '../../../bench/mixtures.ts';
import { separation, splitGroup } from '../../../shared/domain/clustering/modes.ts';
import { gaussian, seededRandom } from '../../../shared/domain/clustering/random.ts';
import { alike } from './helpers.ts';

function drawn(recipe: Omit<MixtureRecipe, 'name'>) {
  const { vectors, labels } = drawMixture({ name: 'modes', ...recipe });
  const images = vectors.map((vector, i) => ({ image_id: String(i), vector }));
  const labelsOf = (part: readonly { image_id: string }[]) => part.map(({ image_id }) => labels[Number(image_id)]);
  return { images, labelsOf };
}

describe('splitGroup', () => {
  test.each([
    [2, 60],
    [2, 200],
    [3, 90],
  ])('takes %d neighbours apart, %d images each, whose centres have cosine 0.72', (groups, size) => {
    const families = { size: groups, within: 0.85 };
    const { images, labelsOf } = drawn({ sizes: Array(groups).fill(size), within: [0.5, 0.6], families, seed: 3 });
    const parts = splitGroup(images);
    expect(parts.map((part) => new Set(labelsOf(part)).size)).toEqual(Array(groups).fill(1));
    expect(parts.flat()).toHaveLength(images.length);
    expect(splitGroup(images)).toEqual(parts);
  });

  test('leaves a group of one mode whole: round, long, or tight', () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      for (const size of [20, 45, 120]) {
        expect(splitGroup(alike('dog', size, 0.3 + 0.1 * seed, seed))).toHaveLength(1);
        const long = { dimensions: 4, share: 0.4 };
        expect(splitGroup(drawn({ sizes: [size], within: [0.6, 0.6], long, seed }).images)).toHaveLength(1);
      }
    }
  });

  test('says nothing of a few, nor of equal images', () => {
    expect(splitGroup([...alike('dog', 9, 0.9, 1), ...alike('boat', 9, 0.9, 2)])).toHaveLength(1);
    expect(splitGroup([])).toEqual([[]]);
    const [dog] = alike('dog', 1, 0.5, 1);
    expect(splitGroup(Array.from({ length: 40 }, () => dog!))).toHaveLength(1);
  });
});

describe('separation', () => {
  const random = seededRandom(1);
  const heap = (centre: number) => Array.from({ length: 1000 }, () => centre + gaussian(random));

  test('of one normal heap, of a uniform one, of two', () => {
    expect(separation(heap(0))).toBeCloseTo(2.65, 0);
    expect(separation(Array.from({ length: 1000 }, random))).toBeCloseTo(3.46, 0);
    expect(separation([...heap(0), ...heap(8)])).toBeCloseTo(8, 0);
  });

  test('does not depend on unit, origin, direction', () => {
    const values = [...heap(0), ...heap(5)];
    const expected = separation(values);
    expect(separation(values.map((value) => 3 - 0.01 * value))).toBeCloseTo(expected, 4);
  });
});
