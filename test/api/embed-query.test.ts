import { expect, test, vi } from 'vitest';
import { createEmbedQuery } from '../../functions/api/search/embed-query.ts';
import { AzureRejected } from '../../shared/adapters/azure-openai.ts';
import { createLogger } from '../../shared/lambda/logger.ts';

const logger = createLogger('test', 'ERROR');
const vector = (value: number) => new Float32Array(512).fill(value);

/** A service that answers what it is told to, beside a clock that is set by hand. */
function open({ blockedFor = 0 } = {}) {
  let now = Date.parse('2026-01-01T12:00:00Z');
  const clock = () => new Date(now);
  const embed = vi.fn(async ([text = '']: readonly string[]) => ({
    vectors: [vector(text.length)],
    model: 'm',
    tokens: { input: 1, output: 0 },
  }));
  const load = vi.fn(async () => ({ embed }));
  const until = new Date(now + blockedFor);
  const throttle = { last: vi.fn(async () => (blockedFor > 0 ? { until, failures: 1, askers: [] } : null)) };
  const embedQuery = createEmbedQuery({ load, throttle, clock, logger });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { embedQuery, embed, load, throttle, pass };
}

test('nothing is loaded before the first query, and once for all', async () => {
  const { embedQuery, load } = open();
  expect(load).not.toHaveBeenCalled();
  expect(await embedQuery('dog')).toEqual(vector(3));
  await embedQuery('a cat');
  expect(load).toHaveBeenCalledTimes(1);
});

test('the hundred last used are remembered', async () => {
  const { embedQuery, embed } = open();
  for (let index = 0; index < 100; index += 1) await embedQuery(`q${index}`);
  await embedQuery('q0');
  expect(embed).toHaveBeenCalledTimes(100);
  await embedQuery('one more');
  await embedQuery('q0');
  expect(embed).toHaveBeenCalledTimes(101);
  await embedQuery('q1');
  expect(embed).toHaveBeenCalledTimes(102);
});

test('a service that is to be left alone is not asked; what is remembered is', async () => {
  const { embedQuery, embed, pass } = open({ blockedFor: 60_000 });
  expect(await embedQuery('dog')).toBeNull();
  expect(embed).not.toHaveBeenCalled();
  pass(60_001);
  expect(await embedQuery('dog')).toEqual(vector(3));
});

test('after a failure it is not asked for a while, then again', async () => {
  const { embedQuery, embed, pass } = open();
  embed.mockRejectedValueOnce(new Error('too slow'));
  expect(await embedQuery('dog')).toBeNull();
  expect(await embedQuery('dog')).toBeNull();
  expect(embed).toHaveBeenCalledTimes(1);
  pass(15_000);
  expect(await embedQuery('dog')).toEqual(vector(3));
});

test('a text that is refused keeps no other from being asked', async () => {
  const { embedQuery, embed } = open();
  embed.mockRejectedValueOnce(new AzureRejected('no', { status: 400, code: 'content_filter', filtered: true }));
  expect(await embedQuery('dog')).toBeNull();
  expect(await embedQuery('a cat')).toEqual(vector(5));
});

test('where photos are not embedded by words, none is', async () => {
  const throttle = { last: async () => null };
  const embedQuery = createEmbedQuery({ load: null, throttle, clock: () => new Date(), logger });
  expect(await embedQuery('dog')).toBeNull();
});
