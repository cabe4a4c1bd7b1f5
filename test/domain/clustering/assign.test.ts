import { describe, expect, test } from 'vitest';
import { assign, derivePrior, thresholdOf } from '../../../shared/domain/clustering/assign.ts';
import { EXPECTED_BACKGROUND } from '../../../shared/domain/clustering/background.ts';
import { statsOf } from '../../../shared/domain/clustering/stats.ts';
import { normalise } from '../../../shared/domain/clustering/vectors.ts';
import { alike, vectorsOf } from './helpers.ts';

const dogs = alike('dog', 13, 0.6, 1);
const boats = alike('boat', 13, 0.6, 2);
const clusters = [statsOf('dogs', vectorsOf(dogs.slice(1))), statsOf('boats', vectorsOf(boats.slice(1)))];
const prior = derivePrior(EXPECTED_BACKGROUND.text, clusters);

describe('assign', () => {
  test('waits when there are no clusters', () => {
    expect(assign(dogs[0]!.vector, [], prior)).toMatchObject({
      cluster_id: null,
      nearest: null,
      reason: 'no_clusters',
    });
  });

  test('joins the cluster it resembles, and says by how much', () => {
    const assignment = assign(dogs[0]!.vector, clusters, prior);
    expect(assignment).toMatchObject({ cluster_id: 'dogs', reason: 'assigned', runner_up: { cluster_id: 'boats' } });
    expect(assignment.similarity).toBeCloseTo(0.6, 1);
    expect(assignment.similarity).toBeGreaterThan(assignment.threshold);
  });

  test('waits when it resembles none, and names the nearest', () => {
    const [stranger] = alike('other', 1, 0.5, 3);
    expect(assign(stranger!.vector, clusters, prior)).toMatchObject({ cluster_id: null, reason: 'below_threshold' });
    expect(['dogs', 'boats']).toContain(assign(stranger!.vector, clusters, prior).nearest);
  });

  test('waits between two clusters that it resembles alike', () => {
    const between = normalise(clusters[0]!.sum.map((value, i) => value + clusters[1]!.sum[i]!));
    const loose = { ...prior, deviation: 0.3, relatedDeviation: 0.3 };
    expect(assign(between, clusters, loose)).toMatchObject({ cluster_id: null, reason: 'ambiguous' });
  });

  test('asks for a smaller margin between clusters that are close', () => {
    const kennel = dogs.map(({ vector }, i) => normalise(vector.map((v, d) => v + 0.5 * boats[i]!.vector[d]!)));
    const near = statsOf('kennel', kennel.slice(1));
    const far = assign(dogs[0]!.vector, clusters, prior).margin;
    expect(assign(dogs[0]!.vector, [clusters[0]!, near], prior).margin).toBeLessThan(far / 2);
  });

  test('a tight cluster of many asks for more than one of three, which still follows the prior', () => {
    const twins = vectorsOf(alike('twin', 60, 0.9, 4));
    expect(thresholdOf(statsOf('many', twins), prior)).toBeGreaterThan(
      thresholdOf(statsOf('few', twins.slice(0, 3)), prior),
    );
  });

  test('a cluster whose members hardly resemble each other does not take what is as unrelated as anything', () => {
    const scattered = { ...clusters[0]!, mean: 0.3, m2: 0.5 };
    expect(thresholdOf(scattered, prior)).toBeGreaterThan(EXPECTED_BACKGROUND.text.mean);
  });

  test('does not depend on the order of clusters, nor on a rotation of the space', () => {
    const expected = assign(dogs[0]!.vector, clusters, prior);
    expect(assign(dogs[0]!.vector, clusters.toReversed(), prior)).toEqual(expected);
    // Reversing the coordinates is an orthogonal map.
    const turned = clusters.map((cluster) => ({ ...cluster, sum: cluster.sum.toReversed() }));
    const actual = assign(dogs[0]!.vector.toReversed(), turned, prior);
    expect(actual).toMatchObject({ cluster_id: 'dogs', reason: 'assigned' });
    expect(actual.similarity).toBeCloseTo(expected.similarity, 5);
    expect(actual.margin).toBeCloseTo(expected.margin, 5);
  });
});
