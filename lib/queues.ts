import { Duration } from 'aws-cdk-lib';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';

interface WorkQueueProps {
  /** Of the function that works on its messages. */
  readonly consumerTimeout: Duration;
  /** How often a message may be received before it counts as dead. */
  readonly maxReceiveCount: number;
  /** Keeps order, and one batch at a time, within a message group. */
  readonly fifo?: boolean;
}

/** AWS’s advice: a message must not come back while its function, throttled or retried, may still hold it. */
const VISIBILITY_PER_TIMEOUT = 6;

/** A queue and where its messages go that could not be worked on. */
class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    // SQS’s own key: S3 cannot send to a queue under the AWS-managed KMS key.
    const fifo = {
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...(props.fifo ? fifo : {}) };
    this.deadLetterQueue = new Queue(this, 'Dead', { ...common, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // A message’s age counts on in the dead-letter queue: half is left to find and re-drive it there.
      retentionPeriod: Duration.days(7),
      visibilityTimeout: Duration.seconds(VISIBILITY_PER_TIMEOUT * props.consumerTimeout.toSeconds()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: props.maxReceiveCount },
    });
  }
}

/** How long the function of each queue may work on a batch. On the FIFO queue a user’s next batch waits for this one. */
export const CONSUMER_TIMEOUTS = {
  ingest: Duration.seconds(120),
  describe: Duration.seconds(90),
  faces: Duration.seconds(120),
  organize: Duration.seconds(60),
  jobs: Duration.minutes(15),
} as const;

export type QueueName = keyof typeof CONSUMER_TIMEOUTS;
/** There is none for faces where they are not looked for. */
export type Queues = Readonly<Record<Exclude<QueueName, 'faces'>, WorkQueue> & { faces?: WorkQueue }>;

/** The queues between the stages, each with its dead-letter queue. */
export function createQueues(scope: Construct, { FACES }: Pick<Deployment, 'FACES'>): Queues {
  return {
    ingest: new WorkQueue(scope, 'IngestQueue', { consumerTimeout: CONSUMER_TIMEOUTS.ingest, maxReceiveCount: 5 }),
    // Azure may be away for days, and each look costs a receive; what fails for a reason of its own is counted on the record.
    describe: new WorkQueue(scope, 'DescribeQueue', {
      consumerTimeout: CONSUMER_TIMEOUTS.describe,
      maxReceiveCount: 1000,
    }),
    // Failures are counted on the record, too; the rest is for deliveries that a busy function refuses.
    ...(FACES === 'on' && {
      faces: new WorkQueue(scope, 'FacesQueue', { consumerTimeout: CONSUMER_TIMEOUTS.faces, maxReceiveCount: 20 }),
    }),
    organize: new WorkQueue(scope, 'OrganizeQueue', {
      consumerTimeout: CONSUMER_TIMEOUTS.organize,
      maxReceiveCount: 10,
      fifo: true,
    }),
    jobs: new WorkQueue(scope, 'JobsQueue', { consumerTimeout: CONSUMER_TIMEOUTS.jobs, maxReceiveCount: 1000 }),
  };
}
