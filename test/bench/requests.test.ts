import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { indexWriteUnits, itemBytes, writeUnits } from '../../bench/requests/units.ts';

const BENCH = join(import.meta.dirname, '../../bench/requests.ts');

test('a photo, a page, a search ask for the same among 140 photos as among 280', { timeout: 240_000 }, async () => {
  const child = spawn(process.execPath, [BENCH, '--small', '--photos', '140,280', '--repeat', '1'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  onTestFinished(() => void child.kill());
  const [said, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(problems).not.toMatch(/Error/);
  expect(said).toContain('Nothing grows with the gallery.');
  expect(said.match(/^\| organize \|/gm)).toHaveLength(2);
});

const index = { hash: 'shard', range: 'since', all: false };

test('units are counted as DynamoDB bills them', () => {
  expect(itemBytes({ sk: 'äb', on: true, list: [1, null], map: { a: 'b' }, bytes: new Uint8Array(7) })).toBe(
    2 + 3 + (2 + 1) + (4 + 3 + 1 + 2 + 1 + 1) + (3 + 3 + 1 + 2) + (5 + 7),
  );
  const large = { user_id: 'u', sk: 's', text: 'x'.repeat(2_500) };
  expect(writeUnits(null, { sk: 's' })).toBe(1);
  expect(writeUnits(large, { sk: 's' })).toBe(3);
  const listed = (since: string) => ({ ...large, shard: '1', since });
  expect(indexWriteUnits(index, null, large)).toBe(0);
  expect(indexWriteUnits(index, null, listed('1'))).toBe(1);
  expect(indexWriteUnits(index, listed('1'), { ...listed('1'), text: 'y' })).toBe(0);
  expect(indexWriteUnits(index, listed('1'), listed('2'))).toBe(2);
  expect(indexWriteUnits({ ...index, all: true }, listed('1'), listed('2'))).toBe(6);
  expect(indexWriteUnits(index, listed('2'), large)).toBe(1);
});
