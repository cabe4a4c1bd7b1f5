import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { addKeys, type Keys } from '../support/keys.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';
import { createWorldAzure } from './azure.ts';
import { type Around, installEdge } from './edge.ts';
import { createWorldQueues, type WorldQueues } from './queues.ts';
import { type FunctionName, QUEUES } from './schedule.ts';
import { forgetIds, installTime, type Time } from './time.ts';

const AZURE = 'https://azure.world';

/** What is different from one schedule to the next. */
export interface Director extends Pick<Around, 'azureFault' | 'isOut' | 'turn' | 'random' | 'sent'> {
  queues: WorldQueues;
  pictureOf: (imageId: string | undefined) => number;
  /** An object has come to the bucket. */
  created: (key: string) => void;
}

export interface Stage {
  world: World;
  keys: Keys;
  time: Time;
  edge: ReturnType<typeof installEdge>;
  /** What functions read from their environment. */
  environment: (encrypted: boolean, fn: FunctionName) => Record<string, string>;
  /** Who answers from now on. */
  direct(director: Director): void;
  stop(): Promise<void>;
}

/** One world of emulators for all schedules of a process, with the clock and the network of its functions in the harness's hands. */
export async function openStage(): Promise<Stage> {
  // In the time of its servers' answers, until that is in the harness's hands, too.
  const world = await startWorld();
  let skew = () => 0;
  const time = installTime(() => skew());
  let director: Director | undefined;
  const now = (): Director => {
    if (!director) throw new Error('Nobody directs yet');
    return director;
  };
  const azure = createWorldAzure((imageId) => now().pictureOf(imageId));
  const edge = installEdge(world.s3.config.requestHandler, {
    sqs: (operation, asked) => now().queues.answer(operation, asked),
    azure: azure.ask,
    azureOrigin: AZURE,
    azureFault: () => now().azureFault(),
    isOut: (service) => now().isOut(service),
    turn: () => now().turn(),
    now: time.now,
    advance: time.advance,
    random: () => now().random(),
    sent: (line) => now().sent(line),
  });
  skew = edge.skew;
  world.aws.onObjectCreated(async ({ key }) => director?.created(key));

  const keys = await addKeys(world);
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint: world.aws.endpoints.secretsmanager,
    credentials: world.aws.credentials,
  });
  const SecretString = JSON.stringify({ azure_openai_api_key: 'a-key', url_signing_key: 'k'.repeat(40) });
  await secrets.send(new CreateSecretCommand({ Name: 'shoebox', SecretString }));
  secrets.destroy();

  const urls = createWorldQueues(world.aws.endpoints.sqs, time.now, () => ({}));
  const common: Record<string, string> = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    VECTOR_BUCKET_NAME: VECTOR_BUCKET,
    SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:shoebox',
    URL_SIGNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/url-signer',
    CORS_ORIGINS: 'https://photos.example.org',
    FIREBASE_API_KEY: 'key',
    GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
    AZURE_OPENAI_ENDPOINT: AZURE,
    AZURE_OPENAI_API_VERSION: '2024-10-21',
    AZURE_OPENAI_DEPLOYMENT_NAME: 'chat',
    AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: 'embedding',
    LOG_LEVEL: 'ERROR',
    // Faults are many, and expected.
    AWS_LAMBDA_LOG_LEVEL: process.env.SCHEDULES_LOG ?? 'FATAL',
    POWERTOOLS_DEV: 'false',
    // Nobody counts them here, and each would be a line among those that say what failed.
    POWERTOOLS_METRICS_DISABLED: 'true',
    ...Object.fromEntries(QUEUES.map((name) => [`${name.toUpperCase()}_QUEUE_URL`, urls.urlOf(name)])),
    DEAD_LETTER_QUEUE_URLS: QUEUES.map((name) => `${name}=${urls.urlOf(`${name}-dead`)}`).join(','),
  };
  return {
    world,
    keys,
    time,
    edge,
    environment: (encrypted, fn) => ({
      ...common,
      // Nobody listens there; where none is configured the jobs function leaves the identity service alone.
      FIREBASE_AUTH_EMULATOR_HOST: fn === 'api' ? '127.0.0.1:9' : '',
      ...(encrypted ? keys.environment : { ENCRYPTION: 'sse', USER_KEYS_TABLE_NAME: '', USER_KEYS_MASTER_KEY_ARN: '' }),
    }),
    direct(next) {
      director = next;
      azure.restart();
      time.restart();
      forgetIds();
    },
    async stop() {
      keys.kms.destroy();
      await world.stop();
    },
  };
}
