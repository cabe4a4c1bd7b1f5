import { expect, test } from 'vitest';
import { createLine } from '../../functions/ingest/line.ts';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000);

test('a line is there once something has waited for more than three seconds', () => {
  const line = createLine();
  expect(line.isThere(at(0), at(3))).toBe(false);
  expect(line.isThere(at(0), at(3.1))).toBe(true);
});

test('a line is remembered for a minute after the last that waited, also where what comes has not', () => {
  const line = createLine();
  line.isThere(at(0), at(5));
  expect(line.isThere(at(64), at(64))).toBe(true);
  expect(line.isThere(at(60), at(64))).toBe(true);
  expect(line.isThere(at(123), at(123))).toBe(true);
  expect(line.isThere(at(124), at(124))).toBe(false);
});
