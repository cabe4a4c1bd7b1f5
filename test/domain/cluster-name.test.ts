import { expect, test } from 'vitest';
import { clusterNameRequest, normaliseClusterName } from '../../shared/domain/cluster-name.ts';

test('the request is JSON of clipped, bounded lists', () => {
  const request = JSON.parse(
    clusterNameRequest({ descriptions: Array(50).fill('a\nb '.repeat(500)), siblings: ['Dogs'] }),
  );
  expect(request.descriptions).toHaveLength(20);
  expect(request.descriptions[0].length).toBeLessThanOrEqual(300);
  expect(request.descriptions[0]).not.toContain('\n');
  expect(request.siblings).toEqual(['Dogs']);
});

test('names are plain, short, and differ from siblings', () => {
  expect(normaliseClusterName({ name: ' "Dogs\u0000 at Play." ' }, [])).toBe('Dogs at Play');
  expect(normaliseClusterName({ name: 'Dogs' }, ['dogs', 'DOGS 2'])).toBe('Dogs 3');
  expect([...(normaliseClusterName({ name: 'x'.repeat(200) }, []) ?? '')]).toHaveLength(60);
});

test.each([null, 'Dogs', {}, { name: 3 }, { name: ' ' }])('%j has no name', (answer) => {
  expect(normaliseClusterName(answer, [])).toBeUndefined();
});
