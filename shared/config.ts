import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import * as z from 'zod';

/**
 * Every setting, in two shapes: what a person writes in `.env` (read at synth and by the local stack), and what the stack
 * hands to its functions (read at cold start). Both are validated here and nowhere else.
 */

const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
  );

const splitOnce = (entry: string): [string, string] => {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
};

const isLoopback = (hostname: string) => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

const httpsUrl = z
  .url({ protocol: /^https?$/ })
  .refine((value) => !URL.canParse(value) || value.startsWith('https:') || isLoopback(new URL(value).hostname), {
    message: 'expected https: photos and a key are sent there',
  })
  .transform((value) => value.replace(/\/+$/, ''));

const origins = list.refine((entries) => entries.every(isOrigin), {
  message: 'expected origins such as https://photos.example.org, separated by commas: no path, no final slash, no *',
});

function isOrigin(entry: string): boolean {
  return URL.canParse(entry) && new URL(entry).origin === entry;
}

const seconds = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** What one person may use: a number that fits, or `unlimited`; else the error expects `what`. */
const limit = (what: string, fits: (value: number) => boolean) =>
  z.union(
    [z.literal('unlimited').transform(() => Number.POSITIVE_INFINITY), z.coerce.number().refine(fits, { abort: true })],
    `expected ${what}, or unlimited`,
  );
/** A limit as the environment spells it. */
export const limitText = (value: number): string => (Number.isFinite(value) ? String(value) : 'unlimited');
const count = (what: string) =>
  limit(`a whole number of ${what} from 1`, (value) => Number.isInteger(value) && value >= 1);

const quotas = {
  MAX_IMAGES_PER_USER: count('photos').default(100_000),
  /** Of originals. */
  MAX_BYTES_PER_USER: count('bytes').default(500_000_000_000),
  /** For describing photos and naming clusters, in US dollars per calendar month (UTC). */
  MAX_AI_USD_PER_USER_PER_MONTH: limit('US dollars from 0', (value) => value >= 0).default(10),
};

const azureSettings = {
  AZURE_OPENAI_ENDPOINT: z.union([z.literal(''), httpsUrl]).default(''),
  AZURE_OPENAI_API_VERSION: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'expected a date such as 2025-04-01-preview')
    .refine(
      (version) => version >= '2024-10-21',
      'expected 2024-10-21 or later: earlier ones have no structured outputs',
    )
    .default('2025-04-01-preview'),
  AZURE_OPENAI_DEPLOYMENT_NAME: z.string().default('gpt-4.1-mini'),
  AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: z.string().default('text-embedding-3-small'),
  EMBEDDINGS_PROVIDER: z.enum(['azure', 'visual']).optional(),
};

const sharedSettings = {
  STAGE: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, 'expected 1–15 lower-case letters, digits or hyphens, beginning with a letter')
    .default('dev'),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
  IMAGE_URL_MODE: z.enum(['presigned', 'proxy']).default('presigned'),
  /** `user`: pictures are encrypted with a key of each user's, beyond what S3 does (`sse`). */
  ENCRYPTION: z.enum(['sse', 'user']).default('sse'),
  S3_ADDRESSING_STYLE: z.enum(['auto', 'path', 'virtual']).default('auto'),
  FIREBASE_API_KEY: z.string().default(''),
  GOOGLE_CLOUD_PROJECT: z.string().default(''),
  CORS_ORIGINS: origins,
  /** How long an upload form lives. S3 would take forms of a week, but the signing role's credentials end within the hour. */
  UPLOAD_EXPIRES_SECONDS: seconds(1, 3600).default(3600),
  /** How long a photo may show no sign of life before it is set going again. */
  SWEEP_STALE_SECONDS: seconds(1, 86_400).default(900),
  /** How long photos are kept in the trash. */
  TRASH_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  ...quotas,
};

/** With Azure configured its embeddings are used; without, the visual descriptor that needs no service. */
function withProvider<
  T extends { AZURE_OPENAI_ENDPOINT: string; EMBEDDINGS_PROVIDER?: 'azure' | 'visual' | undefined },
>(settings: T) {
  const provider = settings.EMBEDDINGS_PROVIDER ?? (settings.AZURE_OPENAI_ENDPOINT ? 'azure' : 'visual');
  return { ...settings, EMBEDDINGS_PROVIDER: provider };
}

/** Where only the functions can decrypt pictures, only they can hand them out. */
function withUrlMode<T extends { ENCRYPTION: 'sse' | 'user'; IMAGE_URL_MODE?: 'presigned' | 'proxy' | undefined }>(
  settings: T,
) {
  const usual = settings.ENCRYPTION === 'user' ? 'proxy' : 'presigned';
  return { ...settings, IMAGE_URL_MODE: settings.IMAGE_URL_MODE ?? usual };
}

const deploymentSchema = z
  .object({
    ...sharedSettings,
    ...azureSettings,
    AWS_REGION: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region such as eu-central-1')
      .default('eu-central-1'),
    IMAGE_URL_MODE: z.enum(['presigned', 'proxy']).optional(),
    S3_SERVER_SIDE_ENCRYPTION: z.enum(['AES256', 'aws:kms']).default('AES256'),
    S3_SSE_KMS_KEY_ID: z
      .string()
      .regex(
        /^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-zA-Z0-9-]+$|^(mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/,
        'expected the id or the ARN of a KMS key (an alias names no key that a policy could allow)',
      )
      .default(''),
    AZURE_OPENAI_API_KEY: z.string().default(''),
    /** Path of a service account's key file. */
    GOOGLE_APPLICATION_CREDENTIALS: z.string().default(''),
    FACES: z.enum(['on', 'off']).default('on'),
    DESCRIBE_CONCURRENCY: z.coerce.number().int().min(2).max(1000).default(10),
    /** Who is told of alarms; nobody where it is empty. */
    ALARM_EMAIL: z.union([z.literal(''), z.email()], 'expected an e-mail address').default(''),
    /** Of all people together. */
    ALARM_AI_USD_PER_DAY: z.coerce.number().positive().default(5),
    /** How new code of the functions behind the API takes over. */
    DEPLOY: z.enum(['gradual', 'at-once']).default('gradual'),
  })
  .refine((settings) => !settings.S3_SSE_KMS_KEY_ID || settings.S3_SERVER_SIDE_ENCRYPTION === 'aws:kms', {
    path: ['S3_SSE_KMS_KEY_ID'],
    message: 'is only used with S3_SERVER_SIDE_ENCRYPTION=aws:kms; set that too, or leave the key empty',
  })
  .refine((settings) => settings.ENCRYPTION !== 'user' || settings.IMAGE_URL_MODE !== 'presigned', {
    path: ['IMAGE_URL_MODE'],
    message: '`presigned` cannot be used with ENCRYPTION=user: S3 would hand out what only the functions can decrypt',
  })
  .refine((settings) => settings.EMBEDDINGS_PROVIDER !== 'azure' || settings.AZURE_OPENAI_ENDPOINT, {
    path: ['EMBEDDINGS_PROVIDER'],
    message: '`azure` needs AZURE_OPENAI_ENDPOINT; set it, or choose `visual`',
  })
  .transform(withProvider)
  .transform(withUrlMode);
export type Deployment = z.infer<typeof deploymentSchema>;

const functionSchema = z
  .object({
    ...sharedSettings,
    ...azureSettings,
    TABLE_NAME: z.string().min(1),
    BUCKET_NAME: z.string().min(1),
    VECTOR_BUCKET_NAME: z.string().min(1),
    INGEST_QUEUE_URL: z.url(),
    DESCRIBE_QUEUE_URL: z.url(),
    /** Empty where faces are not looked for. */
    FACES_QUEUE_URL: z.union([z.literal(''), z.url()]).default(''),
    ORGANIZE_QUEUE_URL: z.url(),
    JOBS_QUEUE_URL: z.url(),
    SECRET_ARN: z.string().min(1),
    URL_SIGNER_ROLE_ARN: z.string().min(1),
    /** Both empty where users have no keys. */
    USER_KEYS_TABLE_NAME: z.string().default(''),
    USER_KEYS_MASTER_KEY_ARN: z.string().default(''),
    /** `ingest=URL,describe=URL,…` */
    DEAD_LETTER_QUEUE_URLS: list.transform((entries) => Object.fromEntries(entries.map((entry) => splitOnce(entry)))),
    /** Without a sign of life for this long, work is sent again. */
    SWEEP_STALE_SECONDS: z.coerce.number().int().min(1).default(900),
    TRASH_DAYS: z.coerce.number().int().min(1).max(365).default(30),
    AWS_REGION: z.string().min(1),
  })
  .transform(withProvider);
export type FunctionSettings = z.infer<typeof functionSchema>;

/** What a function needs that works with pictures where they are encrypted for each user. */
export const USER_KEYS = ['ENCRYPTION', 'USER_KEYS_TABLE_NAME', 'USER_KEYS_MASTER_KEY_ARN'] as const;

/** A setting is missing or malformed. The message names every offending setting, never a value: values may be secret. */
export class InvalidSettings extends Error {
  override name = 'InvalidSettings';
}

function read<T>(schema: z.ZodType<T>, env: Record<string, string | undefined>, hint: string): T {
  // An empty line in `.env` means "not set".
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  // Read once: compiling a parser for it would take longer.
  const result = schema.safeParse(present, { jitless: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidSettings(`These settings cannot be used:\n${problems.join('\n')}\n${hint}`);
}

/** `env` laid over what the file at `path` says, if there is one: a variable of the environment wins, also when it is empty. */
export function withEnvFile(path: string, env: Record<string, string | undefined>): Record<string, string | undefined> {
  const written = existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
  return { ...written, ...env };
}

/** Settings of a deployment, from the environment or a parsed `.env`. Throws `InvalidSettings`. */
export function readDeployment(env: Record<string, string | undefined>): Deployment {
  return read(deploymentSchema, env, 'See .env.example for what each one means.');
}

/**
 * Settings of a running function: those named in `names`, which are all it may rely on, so that a function is given no more
 * than it needs. Throws `InvalidSettings`.
 */
export function readFunctionSettings<K extends keyof FunctionSettings>(
  env: Record<string, string | undefined>,
  names: readonly K[],
): Pick<FunctionSettings, K> {
  const shape = functionSchema.in.shape;
  const needed = new Set<string>(names);
  // The default of the provider depends on the endpoint.
  if (needed.has('EMBEDDINGS_PROVIDER')) needed.add('AZURE_OPENAI_ENDPOINT');
  const picked = z.object(Object.fromEntries(Object.entries(shape).filter(([name]) => needed.has(name))));
  const values = read(picked, env, 'The stack sets them on each function; see lib/.') as FunctionSettings;
  return needed.has('EMBEDDINGS_PROVIDER') ? withProvider(values) : values;
}
