import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Deployment, USER_KEYS } from '../shared/config.ts';
import type { Bundles } from './bundle.ts';
import type { Environment } from './environment.ts';
import { NodeFunction } from './functions.ts';
import { downloads, type Grants, incoming, jobs, originals, type Part, raw, thumbnails } from './grants.ts';
import { CONSUMER_TIMEOUTS, type QueueName, type Queues } from './queues.ts';

export interface PipelineProps {
  readonly settings: Deployment;
  readonly bundles: Bundles;
  readonly environment: Environment;
  readonly grants: Grants;
  readonly queues: Queues;
  readonly packageLayer: LayerVersion;
}

/** Enough to be quick; a new account’s quota may be lower still, see docs/operations.md. */
const INGEST_CONCURRENCY = 20;
const FACES_CONCURRENCY = 10;
const JOBS_CONCURRENCY = 5;

const DESCRIBES = [
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AZURE_OPENAI_DEPLOYMENT_NAME',
  'SECRET_ARN',
  'MAX_AI_USD_PER_USER_PER_MONTH',
] as const;

/** The functions that work on photos, each fed by its queue, and the one that looks after what got stuck. */
export class Pipeline extends Construct {
  /** By the queue each works on. */
  readonly workers: Readonly<Partial<Record<QueueName, NodeFunction>>>;
  readonly sweep: NodeFunction;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { faces } = props.queues;
    this.workers = {
      ingest: this.createIngest(props),
      describe: this.createDescribe(props),
      ...(faces && { faces: this.createFaces(props, faces) }),
      organize: this.createOrganize(props),
      jobs: this.createJobs(props),
    };
    this.sweep = this.createSweep(props);
  }

  /** One photo at a time, for its pixels may fill the memory. */
  private createIngest({ bundles, environment, grants, queues, packageLayer }: PipelineProps): NodeFunction {
    const made = new NodeFunction(this, 'Ingest', {
      source: 'ingest',
      bundles,
      description: 'Validates a photo, keeps its bytes, makes its thumbnails and reads its metadata',
      memorySize: 3008,
      timeout: CONSUMER_TIMEOUTS.ingest,
      layers: [packageLayer],
      environment: environment(
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'S3_ADDRESSING_STYLE',
        'INGEST_QUEUE_URL',
        'DESCRIBE_QUEUE_URL',
        'FACES_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        ...USER_KEYS,
      ),
    });
    const { function: ingest, role } = made;
    // Else glibc keeps freed pixels for every thread that ever had some: a quarter more memory (sharp's manual, "Memory allocators").
    ingest.addEnvironment('MALLOC_ARENA_MAX', '2');
    ingest.addEventSource(source(queues.ingest.queue, { batchSize: 1, maxConcurrency: INGEST_CONCURRENCY }));
    grants.table(role, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
    grants.objects(role, {
      read: [incoming, originals],
      write: [originals, thumbnails, raw],
      remove: [incoming, originals, thumbnails, raw],
      absent: true,
    });
    // To its own queue: S3's events once more, with the name of the user they are about.
    grants.send(role, 'ingest', 'describe', 'faces', 'organize');
    grants.userKeys(role, 'write');
    return made;
  }

  private createDescribe({
    settings,
    bundles,
    environment,
    grants,
    queues,
    packageLayer,
  }: PipelineProps): NodeFunction {
    const made = new NodeFunction(this, 'Describe', {
      source: 'describe',
      bundles,
      description: 'Has a photo described and embedded',
      timeout: CONSUMER_TIMEOUTS.describe,
      layers: [packageLayer],
      environment: environment(
        ...DESCRIBES,
        'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
        'EMBEDDINGS_PROVIDER',
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'S3_ADDRESSING_STYLE',
        'DESCRIBE_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        ...USER_KEYS,
      ),
    });
    const { function: describe, role } = made;
    describe.addEventSource(
      source(queues.describe.queue, { batchSize: 1, maxConcurrency: settings.DESCRIBE_CONCURRENCY }),
    );
    grants.table(role, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
    grants.objects(role, { read: [thumbnails], absent: true });
    grants.userKeys(role, 'read');
    // To its own queue, and so does faces: in a backlog one of its messages once more, now and then.
    grants.send(role, 'describe', 'organize');
    grants.secret(role);
    return made;
  }

  /** Memory is what Lambda gives processor time by: the models need 600 MB. */
  private createFaces(
    { bundles, environment, grants, packageLayer }: PipelineProps,
    { queue }: NonNullable<Queues['faces']>,
  ): NodeFunction {
    const made = new NodeFunction(this, 'Faces', {
      source: 'faces',
      bundles,
      description: 'Finds the faces in a photo and describes them',
      memorySize: 3008,
      timeout: CONSUMER_TIMEOUTS.faces,
      layers: [packageLayer],
      environment: environment(
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'S3_ADDRESSING_STYLE',
        'FACES_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        ...USER_KEYS,
      ),
    });
    const { function: faces, role } = made;
    faces.addEventSource(source(queue, { batchSize: 1, maxConcurrency: FACES_CONCURRENCY }));
    grants.table(role, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
    grants.objects(role, { read: [originals, thumbnails], write: [thumbnails], remove: [thumbnails], absent: true });
    grants.userKeys(role, 'write');
    grants.send(role, 'faces', 'organize');
    return made;
  }

  private createOrganize({ bundles, environment, grants, queues }: PipelineProps): NodeFunction {
    const made = new NodeFunction(this, 'Organize', {
      source: 'organize',
      bundles,
      description: 'Writes everything that is derived from photos: clusters, vectors, what searching reads, counters',
      timeout: CONSUMER_TIMEOUTS.organize,
      environment: environment(
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'VECTOR_BUCKET_NAME',
        'JOBS_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        'S3_ADDRESSING_STYLE',
        'AZURE_OPENAI_ENDPOINT',
        'EMBEDDINGS_PROVIDER',
      ),
    });
    const { function: organize, role } = made;
    organize.addEventSource(source(queues.organize.queue, { batchSize: 10 }));
    grants.table(role, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem');
    grants.objects(role, { read: [jobs], write: [jobs], remove: [incoming, originals, thumbnails, raw], absent: true });
    grants.vectors(role, 'CreateIndex', 'PutVectors', 'DeleteVectors');
    // It sends to its own queue: a cluster that has grown is looked at again, behind the batch that let it grow.
    grants.send(role, 'jobs', 'organize');
    return made;
  }

  private createJobs({ bundles, environment, grants, queues }: PipelineProps): NodeFunction {
    const made = new NodeFunction(this, 'Jobs', {
      source: 'jobs',
      bundles,
      description: 'Long work: clusters a gallery anew, runs stages again, puts downloads together, erases accounts',
      memorySize: 2048,
      timeout: CONSUMER_TIMEOUTS.jobs,
      environment: environment(
        ...DESCRIBES,
        'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
        'EMBEDDINGS_PROVIDER',
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'VECTOR_BUCKET_NAME',
        'GOOGLE_CLOUD_PROJECT',
        'S3_ADDRESSING_STYLE',
        'JOBS_QUEUE_URL',
        'INGEST_QUEUE_URL',
        'DESCRIBE_QUEUE_URL',
        'FACES_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        ...USER_KEYS,
      ),
    });
    const { function: job, role } = made;
    job.addEventSource(source(queues.jobs.queue, { batchSize: 1, maxConcurrency: JOBS_CONCURRENCY }));
    grants.table(role, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem', 'DeleteItem', 'BatchWriteItem');
    grants.objects(role, {
      read: [jobs, originals],
      write: [jobs],
      inPieces: [downloads],
      // Of accounts that were deleted.
      remove: [incoming, originals, thumbnails, raw, jobs, downloads],
      absent: true,
    });
    grants.vectors(role, 'DeleteIndex');
    grants.userKeys(role, 'write');
    grants.send(role, 'ingest', 'describe', 'faces', 'organize');
    grants.secret(role);
    return made;
  }

  /** Shorter than the time between two runs, so that two never overlap. */
  private createSweep({ settings, bundles, environment, grants }: PipelineProps): NodeFunction {
    const made = new NodeFunction(this, 'Sweep', {
      source: 'sweep',
      bundles,
      description: 'Sets stuck work going again, ends what cannot go on, expires uploads that never came',
      timeout: Duration.minutes(4),
      environment: environment(
        'LOG_LEVEL',
        'STAGE',
        'TABLE_NAME',
        'BUCKET_NAME',
        'S3_ADDRESSING_STYLE',
        'INGEST_QUEUE_URL',
        'DESCRIBE_QUEUE_URL',
        'FACES_QUEUE_URL',
        'ORGANIZE_QUEUE_URL',
        'JOBS_QUEUE_URL',
        'DEAD_LETTER_QUEUE_URLS',
        'SWEEP_STALE_SECONDS',
        ...USER_KEYS,
        'MAX_AI_USD_PER_USER_PER_MONTH',
      ),
    });
    const { function: sweep, role } = made;
    new Rule(this, 'Schedule', {
      description: 'Runs sweep',
      schedule: Schedule.rate(Duration.minutes(5)),
      // A run that was missed is made up for by the next.
      targets: [new LambdaTarget(sweep, { retryAttempts: 0, maxEventAge: Duration.minutes(5) })],
    });
    grants.table(role, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem');
    grants.index(role, 'pending');
    // Before it makes a user's key it looks at what that user has.
    const read: Part[] = settings.ENCRYPTION === 'user' ? [incoming, originals] : [incoming];
    grants.objects(role, { read, write: [originals], remove: [incoming, originals], absent: true });
    grants.userKeys(role, 'write');
    grants.send(role, 'ingest', 'describe', 'faces', 'organize', 'jobs');
    grants.lines(role);
    grants.deadLetters(role);
    return made;
  }
}

/** A function’s queue: only the messages that failed come back. */
function source(queue: IQueue, own: SqsEventSourceProps): SqsEventSource {
  return new SqsEventSource(queue, { reportBatchItemFailures: true, ...own });
}
