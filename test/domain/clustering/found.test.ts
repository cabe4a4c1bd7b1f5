import { describe, expect, test } from 'vitest';
import { derivePrior } from '../../../shared/domain/clustering/assign.ts';
import { EXPECTED_BACKGROUND } from '../../../shared/domain/clustering/background.ts';
import { divide } from '../../../shared/domain/clustering/divide.ts';
import { found } from '../../../shared/domain/clustering/found.ts';
import { alike } from './helpers.ts';

const prior = derivePrior(EXPECTED_BACKGROUND.text, []);
const dogs = alike('dog', 4, 0.55, 1);
const strangers = Array.from({ length: 10 }, (_, i) => alike(`other${i}-`, 1, 0.5, 100 + i)[0]!);
const [newest, ...friends] = dogs as [(typeof dogs)[number], ...typeof dogs];

describe('found', () => {
  test('four pictures of dogs among others found a cluster of dogs alone', () => {
    expect(found([...strangers, ...friends], newest, prior)?.sort()).toEqual(dogs.map((d) => d.image_id).sort());
  });

  test('three are enough, two are not', () => {
    expect(found([...strangers, ...friends.slice(0, 2)], newest, prior)).toHaveLength(3);
    expect(found([...strangers, ...friends.slice(0, 1)], newest, prior)).toBeNull();
  });

  test('four pictures of dogs and nothing else found one too', () => {
    expect(found(friends, newest, prior)).toHaveLength(4);
  });

  test('three that resemble each other a little found nothing', () => {
    const [first, ...rest] = alike('vague', 3, 0.38, 5);
    expect(found([...strangers, ...rest], first!, prior)).toBeNull();
  });

  test('where the background is wide, images that are nearly equal still found a cluster', () => {
    const [first, ...rest] = alike('burst', 3, 0.95, 6);
    const wide = derivePrior({ mean: 0.5, deviation: 0.2 }, []);
    expect(found([...strangers, ...rest], first!, wide)).toHaveLength(3);
  });

  test('strangers found nothing', () => {
    for (const stranger of strangers) expect(found(strangers, stranger, prior)).toBeNull();
  });

  test('does not count the newest twice when it waits already', () => {
    expect(found([newest, friends[0]!], newest, prior)).toBeNull();
  });

  test('does not depend on the order of those waiting', () => {
    const waiting = [...strangers, ...friends];
    expect(found(waiting.toReversed(), newest, prior)?.sort()).toEqual(found(waiting, newest, prior)?.sort());
  });
});

describe('divide', () => {
  test('takes two kinds apart, and leaves one kind together', () => {
    const cats = alike('cat', 6, 0.6, 9);
    const parts = divide([...dogs, ...cats], EXPECTED_BACKGROUND.text).map((part) =>
      part.map((i) => i.image_id).sort(),
    );
    expect(parts).toEqual([cats, dogs].map((group) => group.map((i) => i.image_id).sort()));
    expect(divide(cats, EXPECTED_BACKGROUND.text)).toEqual([cats]);
  });

  test('has nothing to do for fewer than three', () => {
    expect(divide([], EXPECTED_BACKGROUND.text)).toEqual([]);
    expect(divide(dogs.slice(0, 2), EXPECTED_BACKGROUND.text)).toEqual([dogs.slice(0, 2)]);
  });
});
