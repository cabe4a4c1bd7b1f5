import { describe, expect, test } from 'vitest';
import { embedText } from '../../../local/emulators/azure/embedding.ts';
import { learnPartition } from '../../../shared/domain/clustering/learn.ts';
import { seededRandom, shuffled } from '../../../shared/domain/clustering/random.ts';
import { DIMENSIONS } from '../../../shared/domain/clustering/vectors.ts';

/** Captions of ten themes of two subjects each: the silhouette hardly cares which of the two is grouped by. */
function captions(): Float32Array[] {
  const random = seededRandom(5);
  const aside = () => `filler${Math.floor(random() * 40)}`;
  return Array.from({ length: 10 }, (_, theme) => theme).flatMap((theme) =>
    [0, 1].flatMap((subject) =>
      Array.from({ length: 5 }, () => {
        const words = [`theme${theme}x0`, `theme${theme}x1`, `sub${theme}y${subject}`, `subj${theme}z${subject}`];
        return embedText([...words, aside(), aside(), aside()].join(' '), DIMENSIONS);
      }),
    ),
  );
}

describe('learnPartition', () => {
  test('a few photos more or less do not change the number of clusters where several are about as good', () => {
    const all = captions();
    const numbers = [1, 2, 3, 4, 5, 6].map((seed) => {
      const some = shuffled(all, seededRandom(seed)).slice(8);
      return learnPartition(some, 'auto', seededRandom(seed)).k;
    });
    expect(numbers).toEqual(Array(6).fill(10));
  });
});
