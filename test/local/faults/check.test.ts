import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFaults } from '../../../local/faults/check.ts';
import { FAULTS_HELP } from '../../../local/faults/grammar.ts';
import { FUNCTION_NAMES } from '../../../shared/contract/functions.ts';

test('what can be ordered of the stack passes as it is', () => {
  const text = FAULTS_HELP.split('Example: ')[1] ?? '';
  expect(checkFaults(text)).toBe(text);
  expect(checkFaults(FUNCTION_NAMES.map((name) => `${name}:kill=1`).join())).toContain('sweep');
});

test.each([
  ['descirbe:kill=3', 'expected a function (api, '],
  ['ingset:skew=1m', 'expected a function (api, '],
  ['api:drop=1', 'expected a function that reads a queue (ingest, '],
  ['azure:430=1', 'expected azure:FAULT=N with a fault of 429, '],
  ['ingest:klil=1', 'received "ingest:klil=1"'],
])('%s is refused before there is a stack, with what there is', (text, words) => {
  expect(() => checkFaults(text)).toThrow(RangeError);
  expect(() => checkFaults(text)).toThrow(words);
});

test('the functions there are, are all in the list', () => {
  const folders = readdirSync(join(import.meta.dirname, '../../../functions'), { withFileTypes: true });
  expect(folders.flatMap((each) => (each.isDirectory() ? each.name : [])).sort()).toEqual(FUNCTION_NAMES);
});
