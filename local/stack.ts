import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startAuthEmulator } from './auth-emulator.ts';
import { writeConnection } from './connection.ts';
import { type AwsEmulators, type ObjectCreated, startAws } from './emulators/aws.ts';
import { type AzureEmulator, startAzure } from './emulators/azure/server.ts';
import { functionEnvironment, helperEnvironment } from './environment.ts';
import { checkFaults } from './faults/check.ts';
import { parseFaults } from './faults/grammar.ts';
import { createFaultPlan, type FaultTargets } from './faults/plan.ts';
import { functionByAlias, functionNamesByArn, readFunctions } from './functions.ts';
import { readApi } from './gateway/api.ts';
import { startGateway } from './gateway.ts';
import { startGuard } from './guard.ts';
import { createKeys } from './keys.ts';
import { openLog } from './lambda/log.ts';
import { startLambdaHost } from './lambda-host.ts';
import { assertFree, lockDataFolder } from './lock.ts';
import { type Collected, createMetricsCollector } from './metrics.ts';
import { readNotifications } from './notification-rules.ts';
import { createNotifier } from './notifications.ts';
import { readPermissions } from './permissions.ts';
import { createScope } from './physical-ids.ts';
import { countQueue, type QueueCounts } from './queue-counts.ts';
import { readMappings } from './queue-mappings.ts';
import { startPoller } from './queues.ts';
import { type ClientOptions, createResources } from './resources.ts';
import { readSchedules, startSchedules } from './schedules.ts';
import { createSecrets } from './secrets.ts';
import { localSettings, readSettings, type Settings } from './settings.ts';
import { openTextSet } from './state.ts';
import { synthesize } from './synth.ts';
import { createTeardown, startAll, type Teardown } from './teardown.ts';
import { loadTemplate, readOutputs } from './template.ts';

const ACCOUNT_ID = '000000000000';
const AZURE_LOCAL_KEY = 'local-azure-key';

export interface StackOptions {
  /** Everything is kept here, and found again by the next run. */
  readonly dataDir: string;
  /** Of the gateway; 0, the default, takes a free one. */
  readonly port?: number;
  /** How many times faster than the clock waits of the system itself pass: visibility timeouts, delays, schedules. */
  readonly timeScale?: number;
  /** See faults/grammar.ts. They begin once the stack runs. */
  readonly faults?: string;
  /** Where the faults strike is drawn from this; 1 by default. */
  readonly faultSeed?: number;
  /** Without any AI service, real or emulated. */
  readonly noAi?: boolean;
  /** The Azure emulator sees colours and light only, ten times as fast. */
  readonly plainSight?: boolean;
  /** Settings by their `.env` names. Default: what `.env` and the environment say. */
  readonly env?: Settings;
  /** A synthesized folder to run instead of this repository's stack. */
  readonly assembly?: string;
}

export interface LocalStack {
  /** Where the API is, such as `http://127.0.0.1:4400/api/v1`. */
  readonly url: string;
  /** Scheme, host and port of the gateway. */
  readonly origin: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly region: string;
  readonly credentials: AwsEmulators['credentials'];
  readonly endpoints: AwsEmulators['endpoints'];
  readonly authEmulatorHost: string;
  readonly dataDir: string;
  /** Requests to the AWS emulators by `service:Operation`. */
  requests(): Record<string, number>;
  /** Calls to the Azure emulator since the start, and how many of them it answered with 429. */
  azureCalls(): { calls: number; throttled: number };
  /** Orders more faults, in the same words as `--faults`. */
  inject(faults: string): void;
  /** Kills that were ordered and have not happened yet. */
  killsOwed(): number;
  /** Calls that faults were ordered for and nobody has made, as `s3:PutObject`. */
  neverCalled(): string[];
  /** What CloudWatch would know of this run. */
  metrics(): Promise<StackMetrics>;
  /** Path of the log of a function (`describe`). */
  functionLog(name: string): string;
  stop(): Promise<void>;
}

export interface StackMetrics extends Collected {
  /** Now, by the function a queue is for. */
  readonly queues: Readonly<Record<string, QueueCounts>>;
}

async function startAi(
  settings: Settings,
  noAi: boolean,
  own: { random: () => number; plain: boolean | undefined },
): Promise<{ azure?: AzureEmulator; settings: Settings }> {
  if (noAi) return { settings: { ...settings, AZURE_OPENAI_ENDPOINT: '', EMBEDDINGS_PROVIDER: 'visual' } };
  if (settings.AZURE_OPENAI_ENDPOINT) return { settings };
  const azure = await startAzure({
    apiKey: AZURE_LOCAL_KEY,
    deployments: {
      chat: settings.AZURE_OPENAI_DEPLOYMENT_NAME ?? '',
      embedding: settings.AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME ?? '',
    },
    ...own,
  });
  return {
    azure,
    settings: { ...settings, AZURE_OPENAI_ENDPOINT: azure.endpoint, AZURE_OPENAI_API_KEY: azure.apiKey },
  };
}

function needEmulator(azure: AzureEmulator | undefined): AzureEmulator {
  if (azure) return azure;
  throw new RangeError('Faults of Azure need its emulator: leave AZURE_OPENAI_ENDPOINT empty, and --no-ai out');
}

/**
 * Synthesizes the stack that is deployed and runs it on this machine, on emulators whose state is in the data folder. Resolves
 * when requests are served. Throws `AlreadyRunning`, or what keeps the stack from starting, after stopping what was started.
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const teardown = createTeardown();
  try {
    return await start(options, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(options: StackOptions, teardown: Teardown): Promise<LocalStack> {
  const { port = 0, timeScale = 1, noAi = false } = options;
  const dataDir = resolve(options.dataDir);
  const faults = createFaultPlan({ seed: options.faultSeed ?? 1, timeScale });
  const ordered = options.faults ?? '';
  // A synthesized folder names its own.
  if (options.assembly === undefined) checkFaults(ordered);
  const given = localSettings(options.env ?? readSettings(), timeScale);
  const region = given.AWS_REGION ?? '';
  // Before anything is made: whoever has the port will have it then, too.
  const gateway = await startGateway(port).catch((error) => {
    assertFree(dataDir);
    throw error;
  });
  teardown.add(() => gateway.stop());
  teardown.add(lockDataFolder(dataDir));
  const helpers = helperEnvironment();
  const guard = startGuard(helpers);
  teardown.add(() => guard.stop());

  const { azure, settings } = await startAi(given, noAi, { random: faults.azureRandom, plain: options.plainSight });
  if (azure) teardown.add(() => azure.stop());
  if (parseFaults(ordered).azure) needEmulator(azure);

  const notifying = Promise.withResolvers<(event: ObjectCreated) => Promise<void>>();
  const outDir = options.assembly ?? join(dataDir, 'cdk.out');
  const [aws, auth] = await startAll([
    async () => {
      const { troubleOf, detourOf } = faults;
      const faulty = { troubleOf, detourOf };
      const folder = join(dataDir, 'aws');
      const started = await startAws({ dataDir: folder, region, accountId: ACCOUNT_ID, timeScale, ...faulty });
      teardown.add(() => started.stop());
      // An upload that comes before the queues are known waits for them.
      started.onObjectCreated(async (event) => (await notifying.promise)(event));
      return started;
    },
    async () => {
      const accountsFile = join(dataDir, 'auth', 'accounts.json');
      const projectId = settings.GOOGLE_CLOUD_PROJECT ?? '';
      const started = await startAuthEmulator({ projectId, accountsFile, env: helpers });
      guard.watch(started.pid, started.exited);
      teardown.add(() => started.stop());
      return started;
    },
    async () => {
      if (options.assembly) return;
      await synthesize({ outDir, env: { ...helpers, ...settings }, onProcess: guard.watch });
    },
  ]);

  const template = loadTemplate(outDir);
  const origin = `http://127.0.0.1:${gateway.port}`;
  const where = { region, accountId: ACCOUNT_ID, sqsEndpoint: aws.endpoints.sqs };
  const client: ClientOptions = { region, credentials: aws.credentials, endpoints: aws.endpoints };
  const names = createScope(template, where);
  const secretValues = { azure_openai_api_key: settings.AZURE_OPENAI_API_KEY ?? '' };
  const [secretArns, keyArns] = await Promise.all([
    createSecrets(template, names, client, secretValues),
    createKeys(template, names, client),
    createResources(template, names, client),
  ]);
  const scope = createScope(template, { ...where, secretArns, keyArns });
  const api = readApi(template, scope);
  // On AWS the API has a host of its own; here it is the gateway.
  const localize = (text: string) => text.replaceAll(`https://${api.id}.execute-api.${region}.amazonaws.com`, origin);
  const functions = readFunctions(template, scope).map((definition) => {
    const environment = Object.entries(definition.environment).map(([name, value]) => [name, localize(value)]);
    return { ...definition, environment: Object.fromEntries(environment) };
  });
  const functionNames = functionNamesByArn(template, scope, functions);
  const permissions = readPermissions(template, scope);

  const logDir = join(dataDir, 'logs');
  const log = openLog(logDir, 'local-stack', () => new Date());
  teardown.add(() => log.close());
  const onError = (error: unknown) => log.platform('error', { message: String(error) });
  const collector = createMetricsCollector();
  const host = startLambdaHost({
    functions,
    onRun: collector,
    hostEnvironment: functionEnvironment(aws, auth, region, dataDir),
    logDir,
    kills: faults.kills,
    skewOf: faults.skewOf,
    onProcess: guard.watch,
  });
  teardown.add(() => host.stop());
  gateway.serve({ api, host, permissions, functionNames, log });

  const sqs = new SQSClient({ region, credentials: aws.credentials, endpoint: aws.endpoints.sqs });
  teardown.add(() => sqs.destroy());
  const mappings = readMappings(template, scope, availableParallelism() + 1);
  const notifier = createNotifier({
    notifications: readNotifications(template, scope, permissions),
    send: (QueueUrl, MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    region,
    accountId: ACCOUNT_ID,
    announced: openTextSet(join(dataDir, 'announced.json')),
    clock: () => new Date(),
    newId: randomUUID,
  });
  await notifier.announce();
  notifying.resolve(notifier.notify);

  // Whoever held these messages is gone.
  await aws.releaseInFlight();
  const moved = new Set<string>();
  aws.onVisibilityChanged((receipt) => void moved.add(receipt));
  const changes = { take: (receipt: string) => moved.delete(receipt) };
  const consumerOf = (queueArn: string) => {
    const mapping = mappings.find((candidate) => candidate.queueArn === queueArn);
    return functions.find(({ name }) => name === mapping?.functionName)?.alias ?? '';
  };
  const { invoke } = host;
  const pollers = mappings.map((mapping) => {
    const onReceived = (age: number) => collector.received(consumerOf(mapping.queueArn), age);
    return startPoller({ mapping, sqs, invoke, region, timeScale, changes, onError, onReceived });
  });
  const schedules = startSchedules({
    scheduled: readSchedules(template, scope, permissions),
    invoke: (arn, event) => invoke(functionNames.get(arn) ?? arn, event),
    timeScale,
    onError,
    newId: randomUUID,
  });
  teardown.add(async () => {
    schedules.stop();
    // Functions are ended at the same time: what they held is released at the next start.
    await Promise.all([...pollers.map((poller) => poller.stop()), host.stop()]);
  });

  const targets: FaultTargets = {
    functionName: (alias) => functionByAlias(functions, alias).name,
    queueName(alias) {
      const { name } = functionByAlias(functions, alias);
      const mapping = mappings.find(({ functionName }) => functionName === name);
      if (!mapping) throw new RangeError(`Expected a function that reads a queue, received "${alias}"`);
      return mapping.queueUrl.split('/').at(-1) ?? '';
    },
    azure(entries) {
      if (entries === undefined) azure?.setFaults({});
      else needEmulator(azure).setFaults(entries);
    },
  };
  const inject = (text: string) => faults.order(text, targets);
  inject(ordered);

  const outputs = Object.entries(readOutputs(template, scope)).map(([name, value]) => [name, localize(value)]);
  const named: Record<string, string> = Object.fromEntries(outputs);
  teardown.add(writeConnection(dataDir, template, scope, { ...client, outputs: named }));
  return {
    url: named.ApiUrl ?? `${origin}/${api.stage}`,
    origin,
    outputs: named,
    region,
    credentials: aws.credentials,
    endpoints: aws.endpoints,
    authEmulatorHost: auth.host,
    dataDir,
    requests: aws.requests,
    azureCalls: () => azure?.asked() ?? { calls: 0, throttled: 0 },
    inject,
    killsOwed: faults.kills.owed,
    neverCalled: faults.neverCalled,
    async metrics() {
      const counted = mappings.map(async ({ queueArn, queueUrl }) => {
        return [consumerOf(queueArn), await countQueue(sqs, queueUrl)] as const;
      });
      return { ...collector.collected(), queues: Object.fromEntries(await Promise.all(counted)) };
    },
    functionLog: (name) => host.logPath(functionByAlias(functions, name).name),
    stop: () => teardown.run(),
  };
}
