import { expect, test } from 'vitest';
import { README, REPEATED, TOLD } from '../../shared/domain/account-export.ts';
import { KINDS } from '../support/deviations.ts';

/** The state of the service itself, not of anybody. */
const NOBODYS = ['AZURE'];

test('of every kind of item it is decided whether a person is given it or it repeats what they are given', () => {
  const decided = [...TOLD.map(({ kind }) => kind), ...REPEATED, ...NOBODYS];
  expect(KINDS.filter((kind) => !decided.includes(kind))).toEqual([]);
  expect(new Set(decided).size).toBe(decided.length);
});

test('every file is explained beside it', () => {
  for (const { file, says } of TOLD) expect(README).toContain(`${file}: ${says}`);
});
