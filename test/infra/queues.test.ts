import { describe, expect, test } from 'vitest';
import { readQueueName } from '../../lib/queue-names.ts';
import { QUEUE_NAMES } from '../../shared/contract/functions.ts';
import { functionName, type Resource, referenced, synthesize } from './template.ts';

const template = synthesize({ DESCRIBE_CONCURRENCY: '7' });
const queues = template.ofType('AWS::SQS::Queue');
const mappings = template.ofType('AWS::Lambda::EventSourceMapping');
const deadLetterOf = ({ Properties }: Resource) => referenced(Properties.RedrivePolicy?.deadLetterTargetArn);
const dead = new Set(queues.map(deadLetterOf));
const working = queues.filter(({ id }) => !dead.has(id));
const consumerOf = (queue: Resource) =>
  mappings.filter(({ Properties }) => referenced(Properties.EventSourceArn) === queue.id);

test('there are five queues with a dead-letter queue each', () => {
  expect(working).toHaveLength(5);
  expect(queues).toHaveLength(10);
});

test('whose queue it is can be read off its id', () => {
  const read = queues.map(({ id }) => ({ ...readQueueName(id), isDead: dead.has(id) }));
  expect(read.filter((each) => each.dead === each.isDead)).toHaveLength(10);
  expect([...new Set(read.map(({ queue }) => queue))].sort()).toEqual(QUEUE_NAMES.toSorted());
});

describe.each(queues.map((queue): [string, Resource] => [queue.id, queue]))('queue %s', (id, queue) => {
  test('is encrypted by SQS itself, so that S3 can send to it, and refuses plain HTTP', () => {
    expect(queue.Properties.SqsManagedSseEnabled).toBe(true);
    const policies = template
      .ofType('AWS::SQS::QueuePolicy')
      .filter(({ Properties }) => referenced(Properties.Queues?.[0]) === id);
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument?.Statement ?? []);
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sqs:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

describe.each(working.map((queue): [string, Resource] => [queue.id, queue]))('queue %s', (_id, queue) => {
  const [mapping, ...others] = consumerOf(queue);
  const consumer = template.byId(String(referenced(mapping?.Properties.FunctionName)));

  test('has one consumer, which says message by message what failed', () => {
    expect(others).toEqual([]);
    expect(mapping?.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  test('hides a message six times as long as its function may take', () => {
    expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Number(consumer.Properties.Timeout));
  });

  test('keeps dead messages two weeks, longer than living ones, in a queue of the same kind', () => {
    const letters = template.byId(String(deadLetterOf(queue)));
    expect(letters.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(queue.Properties.MessageRetentionPeriod).toBeLessThan(14 * 86_400);
    expect(letters.Properties.FifoQueue).toBe(queue.Properties.FifoQueue);
  });
});

test('each queue feeds its function as the map says', () => {
  const facts = working.map((queue) => {
    const [mapping] = consumerOf(queue);
    const consumer = template.byId(String(referenced(mapping?.Properties.FunctionName)));
    return [
      functionName(consumer),
      mapping?.Properties.BatchSize,
      mapping?.Properties.ScalingConfig?.MaximumConcurrency,
      queue.Properties.RedrivePolicy?.maxReceiveCount,
    ];
  });
  expect(facts.sort()).toEqual([
    ['describe', 1, 7, 1000],
    ['faces', 1, 10, 20],
    ['ingest', 1, 20, 5],
    ['jobs', 1, 5, 1000],
    ['organize', 10, undefined, 10],
  ]);
});

test('organize works in order, one batch per user at a time, a minute at most', () => {
  const fifo = working.filter(({ Properties }) => Properties.FifoQueue);
  expect(fifo).toHaveLength(1);
  expect(fifo[0]?.Properties).not.toHaveProperty('ContentBasedDeduplication');
  const consumer = template.byId(String(referenced(consumerOf(fifo[0] as Resource)[0]?.Properties.FunctionName)));
  expect(functionName(consumer)).toBe('organize');
  expect(consumer.Properties.Timeout).toBeLessThanOrEqual(60);
});

describe('uploads', () => {
  const bucket = template.ofType('AWS::S3::Bucket')[0] as Resource;
  const [configuration, ...others] = bucket.Properties.NotificationConfiguration?.QueueConfigurations ?? [];
  const queueId = referenced(configuration?.Queue);

  test('to incoming/ alone wake ingest', () => {
    expect(others).toEqual([]);
    expect(configuration).toMatchObject({
      Event: 's3:ObjectCreated:*',
      Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'incoming/' }] } },
    });
    const [mapping] = consumerOf(template.byId(String(queueId)));
    expect(functionName(template.byId(String(referenced(mapping?.Properties.FunctionName))))).toBe('ingest');
  });

  test('can be announced by a bucket of this stack and account only, and from the first moment on', () => {
    const policy = template
      .ofType('AWS::SQS::QueuePolicy')
      .find(({ Properties }) => referenced(Properties.Queues?.[0]) === queueId);
    expect(policy?.Properties.PolicyDocument?.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          ArnLike: {
            'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::shoebox-dev-*']] },
          },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      }),
    );
    expect([bucket.DependsOn].flat()).toContain(policy?.id);
  });
});
