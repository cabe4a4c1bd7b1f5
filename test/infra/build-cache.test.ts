import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from '../../lib/build-cache.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'shoebox-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

const write = (text: string) => (draft: string) => writeFileSync(join(draft, 'result'), text);
const never = () => {
  throw new Error('built again');
};

test('builds once per key', () => {
  const folder = buildOnce(cache, 'thing', 'a', write('first'));
  expect(buildOnce(cache, 'thing', 'a', never)).toBe(folder);
  expect(readFileSync(join(buildOnce(cache, 'thing', 'b', write('second')), 'result'), 'utf8')).toBe('second');
  expect(readFileSync(join(folder, 'result'), 'utf8')).toBe('first');
});

test('leaves nothing of a build that failed', () => {
  const fail = (draft: string) => {
    write('half')(draft);
    throw new Error('out of disk');
  };
  expect(() => buildOnce(cache, 'thing', 'a', fail)).toThrow('out of disk');
  expect(readdirSync(cache)).toEqual([]);
});

test('uses what another build of the same key finished meanwhile', () => {
  const folder = buildOnce(cache, 'thing', 'a', (draft) => {
    write('slower')(draft);
    buildOnce(cache, 'thing', 'a', write('faster'));
  });
  expect(readFileSync(join(folder, 'result'), 'utf8')).toBe('faster');
  expect(readdirSync(cache)).toEqual(['thing-a']);
});

test('forgets what nobody has used for a day, of the same kind', () => {
  const longAgo = new Date(Date.now() - 25 * 60 * 60_000);
  for (const name of ['thing-old', 'other-old', 'thing-recent']) {
    mkdirSync(join(cache, name));
    if (name.endsWith('old')) utimesSync(join(cache, name), longAgo, longAgo);
  }
  buildOnce(cache, 'thing', 'new', write('new'));
  expect(readdirSync(cache).sort()).toEqual(['other-old', 'thing-new', 'thing-recent']);
});

test('counts being asked for as use', () => {
  const longAgo = new Date(Date.now() - 25 * 60 * 60_000);
  const folder = buildOnce(cache, 'thing', 'a', write('a'));
  utimesSync(folder, longAgo, longAgo);
  buildOnce(cache, 'thing', 'a', never);
  buildOnce(cache, 'thing', 'b', write('b'));
  expect(existsSync(folder)).toBe(true);
});
