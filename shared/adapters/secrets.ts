import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';

/** How long a fetched secret is used before it is asked for again: a rotated key takes effect within this time. */
const FRESH_MS = 5 * 60_000;

/** The keys in the stack's one secret. An empty value means that nobody has filled it in. */
const secretsSchema = z.looseObject({
  azure_openai_api_key: z.string().default(''),
  url_signing_key: z.string().default(''),
  /** The key file of a Google service account, as JSON. */
  google_service_account: z.string().optional(),
});
export type SecretValues = z.infer<typeof secretsSchema>;

/** The secret is not the JSON object this project writes. The message holds nothing of what it is. */
export class UnreadableSecret extends Error {
  override readonly name = 'UnreadableSecret';
}

/** For the region of the environment unless told another. */
export const createSecretsClient = (region?: string) => new SecretsManagerClient(region ? { region } : {});

/** The stack's secret: one JSON object. Values never appear in an error or a log. */
export function createSecrets(client: SecretsManagerClient, arn: string, clock: () => Date = () => new Date()) {
  let cached: { values: Promise<SecretValues>; until: number } | undefined;

  async function fetch(): Promise<SecretValues> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return parse(SecretString ?? '{}');
  }

  return {
    /** The values, fetched at most once in five minutes; a failed fetch is not remembered. Throws `UnreadableSecret`. */
    get(): Promise<SecretValues> {
      const now = clock().getTime();
      if (cached && now < cached.until) return cached.values;
      const values = fetch();
      const entry = { values, until: now + FRESH_MS };
      cached = entry;
      values.catch(() => {
        if (cached === entry) cached = undefined;
      });
      return values;
    },

    /** Replaces the values given and keeps all others; answers the names of those that changed. Writes nothing if none did. */
    async merge(changes: Partial<Record<keyof z.input<typeof secretsSchema>, string>>): Promise<string[]> {
      const current = await fetch();
      const changed = Object.keys(changes).filter(
        (name) => changes[name] !== undefined && changes[name] !== current[name],
      );
      if (changed.length === 0) return [];
      const SecretString = JSON.stringify({ ...current, ...changes });
      await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString }));
      cached = undefined;
      return changed;
    },
  };
}
export type Secrets = ReturnType<typeof createSecrets>;

function parse(text: string): SecretValues {
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch {
    throw new UnreadableSecret('The secret is not as expected: one JSON object whose values are strings.');
  }
}
