import { expect, test } from 'vitest';
import { giveBack } from '../../shared/imaging/give-back.ts';

test('bytes of their own are gone at once', () => {
  const bytes = new Uint8Array(1024);
  giveBack(bytes);
  expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
});

test('bytes that are a part of something larger stay: others read the rest', () => {
  const pool = new Uint8Array(1024).fill(7);
  const part = pool.subarray(100, 200);
  giveBack(part);
  expect([part.length, pool[100]]).toEqual([100, 7]);
});
