import { expect, test } from 'vitest';
import { ingestMessage } from '../../functions/ingest/message.ts';

const event = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Post',
    s3: { bucket: { name: 'photos' }, object: { key, size: 3 } },
  })),
});

test('reads the photos an event is about', () => {
  expect(ingestMessage.parse(event('incoming/ann/1', 'incoming/bob/2'))).toEqual([
    { userId: 'ann', imageId: '1' },
    { userId: 'bob', imageId: '2' },
  ]);
});

test('reads keys as S3 writes them in events', () => {
  expect(ingestMessage.parse(event('incoming/a%3Db%2Bc+d/1'))).toEqual([{ userId: 'a=b+c d', imageId: '1' }]);
});

test.each(['originals/ann/1', 'incoming/ann', 'incoming/ann/1/2', 'incoming/%zz/1/%'])(
  'leaves the key %s alone',
  (key) => {
    expect(ingestMessage.parse(event(key))).toEqual([]);
  },
);

test.each([{}, { Records: [{ s3: {} }] }, { Records: 'x' }])('refuses %j', (body) => {
  expect(ingestMessage.safeParse(body).success).toBe(false);
});
