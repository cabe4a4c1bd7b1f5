import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

const ENV_FILE = fileURLToPath(new URL('../.env', import.meta.url));

/** Where Node keeps compiled code of this repository's own programs, so that the next start is quicker. */
export const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/shoebox/compile', import.meta.url));

export type Settings = Record<string, string>;

function withoutUndefined(env: Record<string, string | undefined>): Settings {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What `.env` and the environment say; the environment wins. */
export function readSettings(env: Record<string, string | undefined> = process.env): Settings {
  return withoutUndefined({ ...(existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, 'utf8')) : {}), ...env });
}

/** Seconds without a sign of life after which `sweep` sets a photo going again: the deployed stack's default, and the least. */
const SWEEP_STALE_SECONDS = 900;
const LEAST_STALE_SECONDS = 10;

/** What nobody needs to set for a laptop. */
const DEFAULTS: Settings = {
  AWS_REGION: 'eu-central-1',
  GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
  FIREBASE_API_KEY: 'local',
  AZURE_OPENAI_ENDPOINT: '',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-4o-mini',
  AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: 'text-embedding-3-small',
};

/**
 * The settings the stack is synthesized with: the given ones over the laptop's defaults, where an empty one means "not set", and
 * with waits of the system's own shortened by the time scale. What only `.env` says is emptied, because the app reads it too.
 */
export function localSettings(given: Settings, timeScale: number): Settings {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const hidden = existsSync(ENV_FILE)
    ? Object.keys(parseEnv(readFileSync(ENV_FILE, 'utf8'))).map((name) => [name, ''])
    : [];
  const stale = String(Math.max(LEAST_STALE_SECONDS, Math.round(SWEEP_STALE_SECONDS / timeScale)));
  return { ...Object.fromEntries(hidden), ...DEFAULTS, SWEEP_STALE_SECONDS: stale, ...set };
}
