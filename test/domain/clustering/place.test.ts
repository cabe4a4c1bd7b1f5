import { describe, expect, test } from 'vitest';
import { keepWitnesses, newClusterState, place } from '../../../shared/domain/clustering/place.ts';
import { seededRandom, shuffled } from '../../../shared/domain/clustering/random.ts';
import { review } from '../../../shared/domain/clustering/review.ts';
import { cohesion, statsOf } from '../../../shared/domain/clustering/stats.ts';
import type { Waiting } from '../../../shared/domain/clustering/waiting.ts';
import { alike, counter, vectorsOf } from './helpers.ts';

const dogs = alike('dog', 8, 0.6, 1);
const boats = alike('boat', 8, 0.6, 2);

function placeAll(images: readonly Waiting[]) {
  const newId = counter();
  let times = 0;
  const where = new Map<string, string>();
  let state = newClusterState();
  for (const image of images) {
    const placement = place(image, state, newId);
    state = placement.state;
    for (const { image_id, cluster_id } of placement.placed) where.set(image_id, cluster_id);
    times += placement.placed.length;
  }
  return { state, where, times };
}

describe('place', () => {
  test('founds clusters of what belongs together, and counts each member once', () => {
    const images = shuffled([...dogs, ...boats, ...alike('x', 1, 0.5, 3)], seededRandom(4));
    const { state, where, times } = placeAll(images);
    expect(times).toBe(16);
    expect(state.clusters.map((cluster) => cluster.count)).toEqual([8, 8]);
    expect(new Set(dogs.map(({ image_id }) => where.get(image_id))).size).toBe(1);
    expect(new Set(boats.map(({ image_id }) => where.get(image_id))).size).toBe(1);
    expect(state.waiting.map(({ image_id }) => image_id)).toEqual(['x0']);
    const dogCluster = state.clusters.find(({ cluster_id }) => cluster_id === where.get('dog0'))!;
    expect(cohesion(dogCluster)).toBeCloseTo(cohesion(statsOf('c', vectorsOf(dogs))), 4);
  });

  test('an image that waited joins when its cluster comes to be', () => {
    const { where } = placeAll([dogs[0]!, ...boats, ...dogs.slice(1)]);
    expect(where.get('dog0')).toBe(where.get('dog7'));
  });

  test('placing a waiting image again keeps it waiting once', () => {
    const { state } = placeAll([dogs[0]!, boats[0]!, dogs[0]!]);
    expect(state.waiting.map(({ image_id }) => image_id)).toEqual(['boat0', 'dog0']);
  });

  test('compares with a bounded number of images', () => {
    const strangers = Array.from({ length: 90 }, (_, i) => alike(`other${i}-`, 1, 0.5, 100 + i)[0]!);
    const { state } = placeAll(strangers);
    expect(state.waiting.length).toBeLessThanOrEqual(65);
    expect(state.witnesses).toHaveLength(16);
  });

  test('asks for a review when a cluster has grown to six', () => {
    const newId = counter();
    let state = newClusterState();
    const asked = dogs.map((dog) => {
      const placement = place(dog, state, newId);
      state = placement.state;
      return placement.review;
    });
    expect(asked).toEqual([null, null, null, null, null, 'c1', null, null]);
  });
});

test('asks for re-clustering when the gallery has grown to fifty', () => {
  const newId = counter();
  let state = newClusterState();
  const asked = alike('dog', 60, 0.6, 1).map((dog) => {
    const placement = place(dog, state, newId);
    state = placement.state;
    return placement.recluster;
  });
  // The first image of all is compared with none.
  expect(asked.flatMap((due, i) => (due ? [i] : []))).toEqual([50]);
});

describe('keepWitnesses', () => {
  test('keeps the same images whatever their order and however often they come', () => {
    const images = Array.from({ length: 50 }, (_, i) => ({ image_id: `image-${i}`, vector: dogs[0]!.vector }));
    const ids = (list: readonly Waiting[]) => keepWitnesses(list).map(({ image_id }) => image_id);
    let oneByOne: Waiting[] = [];
    for (const image of shuffled(images, seededRandom(1))) oneByOne = keepWitnesses([...oneByOne, image]);
    expect(ids(images)).toEqual(oneByOne.map(({ image_id }) => image_id));
    expect(ids([...images, ...images])).toEqual(ids(images));
    // The sample is of all images, not of the first or last by name.
    const halves = ids(images).map((id) => Number(id.slice(6)) < 25);
    expect(halves.filter(Boolean).length).toBeGreaterThan(3);
    expect(halves.filter((early) => !early).length).toBeGreaterThan(3);
  });
});

describe('review', () => {
  const stranger = alike('x', 1, 0.5, 3)[0]!;
  const members = [...dogs, ...boats.slice(0, 5), stranger];
  const before = { ...newClusterState(), clusters: [statsOf('mixed', vectorsOf(members))] };

  test('takes a mixed cluster apart: the largest part keeps the id, another gets its own, the rest waits', () => {
    const { state, moved } = review('mixed', members, before, counter('new'));
    expect(state.clusters.map(({ cluster_id, count }) => [cluster_id, count])).toEqual([
      ['mixed', 8],
      ['new1', 5],
    ]);
    expect(state.waiting).toEqual([stranger]);
    expect(new Map(moved.map((move) => [move.image_id, move.cluster_id]))).toEqual(
      new Map<string, string | null>([...boats.slice(0, 5).map((b) => [b.image_id, 'new1'] as const), ['x0', null]]),
    );
  });

  test('leaves a cluster of one kind alone', () => {
    const whole = { ...newClusterState(), clusters: [statsOf('dogs', vectorsOf(dogs))] };
    expect(review('dogs', dogs, whole, counter())).toEqual({ state: whole, moved: [] });
  });
});
