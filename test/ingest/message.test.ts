import { expect, test } from 'vitest';
import { ingestMessage } from '../../functions/ingest/message.ts';
import { imageId } from '../support/records.ts';

const event = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Post',
    s3: { bucket: { name: 'photos' }, object: { key, size: 3 } },
  })),
});

test('reads the photos an event is about', () => {
  expect(ingestMessage.parse(event(`incoming/ann/${imageId(1)}`, `incoming/bob/${imageId(2)}`)).photos).toEqual([
    { userId: 'ann', imageId: imageId(1) },
    { userId: 'bob', imageId: imageId(2) },
  ]);
});

test('tells S3’s words from ours', () => {
  const key = `incoming/ann/${imageId(1)}`;
  expect(ingestMessage.parse(event(key)).anonymous).toBe(true);
  expect(ingestMessage.parse({ Records: [{ eventSource: 'shoebox', s3: { object: { key } } }] }).anonymous).toBe(false);
});

test('reads when S3 told of a photo, where we say so', () => {
  const sent_at = '2026-11-21T10:00:00.000Z';
  expect(ingestMessage.parse({ ...event(`incoming/ann/${imageId(1)}`), sent_at }).toldAt).toEqual(new Date(sent_at));
  expect(ingestMessage.parse(event(`incoming/ann/${imageId(1)}`)).toldAt).toBeUndefined();
});

test('reads keys as S3 writes them in events', () => {
  const key = `incoming/a%3Db%2Bc+d/${imageId(1)}`;
  expect(ingestMessage.parse(event(key)).photos).toEqual([{ userId: 'a=b+c d', imageId: imageId(1) }]);
});

test.each([
  `originals/ann/${imageId(1)}`,
  'incoming/ann',
  `incoming/ann/${imageId(1)}/2`,
  'incoming/%zz/1/%',
  // It would stand in logs as if it were an id.
  'incoming/ann/divorce-papers.jpg',
])('leaves the key %s alone', (key) => {
  expect(ingestMessage.parse(event(key)).photos).toEqual([]);
});

test.each([{}, { Records: [{ s3: {} }] }, { Records: 'x' }])('refuses %j', (body) => {
  expect(ingestMessage.safeParse(body).success).toBe(false);
});
