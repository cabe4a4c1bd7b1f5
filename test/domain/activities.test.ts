import { expect, test } from 'vitest';
import { transition } from '../../shared/domain/activities.ts';

test.each([
  [null, 'shown', 'added'],
  ['failed', 'shown', 'added'],
  ['shown', 'shown', null],
  ['shown', 'trashed', 'trashed'],
  [null, 'trashed', 'trashed'],
  ['trashed', 'shown', 'restored'],
  ['trashed', 'rejected', 'restored'],
  ['shown', 'failed', 'failed'],
  [null, 'rejected', 'rejected'],
  ['shown', null, null],
  ['shown', 'gone', 'erased'],
  ['trashed', 'gone', 'erased'],
  [null, 'gone', null],
] as const)('from %s to %s there is to tell: %s', (before, after, told) => {
  expect(transition(before, after)).toBe(told);
});
