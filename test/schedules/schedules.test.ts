import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { CONSUMER_TIMEOUTS, createQueues } from '../../lib/queues.ts';
import { createWorldQueues, QUEUE_SETTINGS, VISIBILITY_PER_TIMEOUT } from './queues.ts';
import { QUEUES } from './schedule.ts';

/** A small part of `npm run schedules`; those of them that are played a second time. */
const SEEDS = 3;
const TWICE = 2;

const run = promisify(execFile);
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

test('whatever goes wrong in small lives of a gallery, when it stops all is as counted anew, each time in the same way', async () => {
  const sample = ['--seeds', String(SEEDS), '--twice', String(TWICE), '--shrink', '0'];
  const { stdout } = await run(process.execPath, [main, '--kept', ...sample]).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    },
  );
  expect(stdout).toContain(`${SEEDS} schedules (seeds 1–${SEEDS}), 0 failed`);
});

test('the queues of the schedules are those that are deployed', () => {
  const stack = new Stack(new App(), 'Queues');
  const queues = createQueues(stack, { FACES: 'on' });
  const template = Template.fromStack(stack);
  for (const name of QUEUES) {
    const { timeout, maxReceives } = QUEUE_SETTINGS[name];
    expect(CONSUMER_TIMEOUTS[name].toSeconds()).toBe(timeout);
    const construct = queues[name]?.queue.node.defaultChild as Parameters<Stack['getLogicalId']>[0];
    const { Properties } = template.toJSON().Resources[stack.getLogicalId(construct)];
    expect(Properties.VisibilityTimeout).toBe(VISIBILITY_PER_TIMEOUT * timeout);
    expect(Properties.RedrivePolicy.maxReceiveCount).toBe(maxReceives);
    expect(Properties.FifoQueue ?? false).toBe(name === 'organize');
  }
});

/** A queue of the schedules, with a clock of its own. */
function openQueue(name: 'ingest' | 'organize') {
  let now = 0;
  const queues = createWorldQueues(
    'https://sqs',
    () => now,
    () => ({}),
  );
  const QueueUrl = queues.urlOf(name);
  return {
    queues,
    send: (MessageBody: string, MessageGroupId: string, MessageDeduplicationId?: string) =>
      queues.answer('SendMessage', { QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId }),
    visible: () => queues.visible(name).map(({ body }) => body),
    receive: () => queues.receive(name, queues.visible(name)),
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

test('what is received comes back, until it is a dead letter', () => {
  const { queues, send, receive, visible, pass } = openQueue('ingest');
  send('a', 'ann');
  for (let receives = 0; receives < QUEUE_SETTINGS.ingest.maxReceives; receives += 1) {
    expect(receive()).toHaveLength(1);
    expect(visible()).toEqual([]);
    pass(VISIBILITY_PER_TIMEOUT * QUEUE_SETTINGS.ingest.timeout);
  }
  expect(receive()).toEqual([]);
  expect([queues.left(), queues.dead('ingest')]).toEqual([[], ['a']]);
});

test('a group waits for its message in flight, and an id counts once in five minutes', () => {
  const { queues, send, receive, visible, pass } = openQueue('organize');
  send('a', 'ann', '1');
  const first = receive();
  send('b', 'ann', '2');
  send('b', 'ann', '2');
  send('c', 'bob', '3');
  expect(visible()).toEqual(['c']);
  queues.remove('organize', first);
  expect(visible()).toEqual(['b', 'c']);
  pass(301);
  send('b', 'ann', '2');
  expect(visible()).toEqual(['b', 'c', 'b']);
});
