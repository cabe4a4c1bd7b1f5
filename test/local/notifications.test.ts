import { describe, expect, test } from 'vitest';
import { matchingNotifications, type Notification, readNotifications } from '../../local/notification-rules.ts';
import { createEventMessage, createNotifier, encodeKey } from '../../local/notifications.ts';
import { readPermissions } from '../../local/permissions.ts';
import { UnusableTemplate } from '../../local/template.ts';
import { loadResources } from './fixtures/assembly.ts';

const incoming: Notification = {
  id: 'uploads',
  bucket: 'photos',
  queueArn: 'arn:aws:sqs:eu-central-1:000000000000:ingest',
  queueUrl: 'http://sqs.test/000000000000/ingest',
  events: ['s3:ObjectCreated:*'],
  prefix: 'incoming/',
  suffix: '',
};
const event = {
  bucket: 'photos',
  key: 'incoming/ada/0196',
  size: 12,
  etag: 'abc',
  eventName: 's3:ObjectCreated:Post' as const,
  sequencer: '0000000000000001',
};

test.each<[string, Partial<typeof event>, Partial<Notification>, boolean]>([
  ['its prefix', {}, {}, true],
  ['another prefix', { key: 'originals/ada/0196' }, {}, false],
  ['another bucket', { bucket: 'other' }, {}, false],
  ['its suffix', { key: 'incoming/a.jpg' }, { suffix: '.jpg' }, true],
  ['another suffix', {}, { suffix: '.jpg' }, false],
  ['its very event', {}, { events: ['s3:ObjectCreated:Post'] }, true],
  ['another event', {}, { events: ['s3:ObjectCreated:Put'] }, false],
])('a rule and %s', (_, change, rule, matches) => {
  expect(matchingNotifications([{ ...incoming, ...rule }], { ...event, ...change })).toHaveLength(matches ? 1 : 0);
});

test.each([
  ['a b/c', 'a+b/c'],
  ['ü+&=', '%C3%BC%2B%26%3D'],
  ["(it's)*!", '%28it%27s%29%2A%21'],
])('the key %s is sent as %s', (key, encoded) => {
  expect(encodeKey(key)).toBe(encoded);
});

test('a message has the shape of S3’s', () => {
  const message = createEventMessage(
    incoming,
    { ...event, key: 'incoming/a b', etag: '"abc"' },
    { region: 'eu-central-1', accountId: '000000000000', at: new Date('2025-11-20T10:00:00Z'), requestId: 'R1' },
  );
  expect(JSON.parse(message)).toEqual({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'eu-central-1',
        eventTime: '2025-11-20T10:00:00.000Z',
        eventName: 'ObjectCreated:Post',
        userIdentity: { principalId: '000000000000' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': 'R1', 'x-amz-id-2': 'R1' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'uploads',
          bucket: { name: 'photos', ownerIdentity: { principalId: '000000000000' }, arn: 'arn:aws:s3:::photos' },
          object: { key: 'incoming/a+b', size: 12, eTag: 'abc', sequencer: '0000000000000001' },
        },
      },
    ],
  });
});

function notifier(known = new Set<string>()) {
  const sent: { url: string; body: { Event?: string; Records?: unknown[] } }[] = [];
  const created = createNotifier({
    notifications: [incoming],
    send: async (url, body) => void sent.push({ url, body: JSON.parse(body) }),
    region: 'eu-central-1',
    accountId: '000000000000',
    announced: { has: (text) => known.has(text), add: async (text) => void known.add(text) },
    clock: () => new Date('2025-11-20T10:00:00Z'),
    newId: () => 'id',
  });
  return { ...created, sent, known };
}

test('a new configuration is announced with S3’s test event, once', async () => {
  const first = notifier();
  await first.announce();
  expect(first.sent).toMatchObject([
    { url: incoming.queueUrl, body: { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' } },
  ]);
  const later = notifier(first.known);
  await later.announce();
  expect(later.sent).toEqual([]);
});

test('an event is sent once', async () => {
  const { notify, sent } = notifier();
  await notify(event);
  expect(sent).toHaveLength(1);
});

describe('the notifications of a template', () => {
  const queue = { 'Fn::GetAtt': ['Work', 'Arn'] };
  const allow = (condition: object) => ({
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Work' }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Principal: { Service: 's3.amazonaws.com' },
            Resource: queue,
            Condition: condition,
          },
        ],
      },
    },
  });
  const policy = allow({
    ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::app-*' },
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
  });
  const own = (event = 's3:ObjectCreated:*') => ({
    Type: 'AWS::S3::Bucket',
    Properties: {
      NotificationConfiguration: {
        QueueConfigurations: [
          { Event: event, Queue: queue, Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'incoming/' }] } } },
        ],
      },
    },
  });
  const custom = {
    Type: 'Custom::S3BucketNotifications',
    Properties: {
      ServiceToken: 'arn:handler',
      BucketName: { Ref: 'Plain' },
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Events: ['s3:ObjectCreated:*'],
            QueueArn: queue,
            Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '.jpg' }] } },
          },
        ],
      },
    },
  };
  const read = (resources: object) => {
    const { template, scope } = loadResources({ Work: { Type: 'AWS::SQS::Queue' }, ...resources });
    return readNotifications(template, scope, readPermissions(template, scope));
  };

  test('are read from the bucket itself and from the CDK’s custom resource', () => {
    const found = read({ Photos: own(), Plain: { Type: 'AWS::S3::Bucket' }, Notify: custom, Policy: policy });
    expect(found.map(({ bucket, prefix, suffix }) => [bucket, prefix, suffix])).toEqual([
      ['app-plain', '', '.jpg'],
      ['app-photos', 'incoming/', ''],
    ]);
  });

  test.each([
    ['lets nobody send', {}],
    ['lets other buckets send', { Policy: allow({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::other-*' } }) }],
    ['asks for what is not understood', { Policy: allow({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }) }],
  ])('are refused where the queue %s', (_, more) => {
    expect(() => read({ Photos: own(), ...more })).toThrow(UnusableTemplate);
  });

  test('are refused where they ask for events the emulator does not raise', () => {
    expect(() => read({ Photos: own('s3:ObjectRemoved:*'), Policy: policy })).toThrow(/ObjectCreated/);
  });
});
