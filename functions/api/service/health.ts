import { VERSION } from '../../../shared/contract/version.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';

type Part = { status: 'ok' | 'off' | 'failing' };
type Probe = (signal: AbortSignal) => Promise<void>;

const PATIENCE_MS = 2_000;
/** Anybody may ask; the parts are asked at most this often by one process. */
const KEPT_MS = 5_000;

let kept: { at: number; parts: Promise<Record<string, Part>> } | undefined;

/** Which parts answer. Says nothing of names, versions of parts or reasons: those are in the logs. */
export const health: ApiUseCase<'health'> = async (_request, deps) => {
  const now = deps.clock().getTime();
  if (!kept || now - kept.at >= KEPT_MS) kept = { at: now, parts: examine(deps) };
  const parts = await kept.parts;
  const degraded = Object.values(parts).some(({ status }) => status === 'failing');
  return { status: 200, body: { status: degraded ? 'degraded' : 'ok', parts, version: VERSION } };
};

async function examine(deps: Deps): Promise<Record<string, Part>> {
  const { loadProbes, configured } = deps;
  const asked = Object.entries({ ...(await loadProbes()), ...(configured.azure && { azure: azureProbe(deps) }) });
  const answers = await Promise.all(asked.map(async ([name, probe]) => [name, await ask(name, probe, deps)] as const));
  const identity: Part = { status: configured.identity ? 'ok' : 'off' };
  return { azure: { status: 'off' }, identity, ...Object.fromEntries(answers) };
}

async function ask(part: string, probe: Probe, { logger }: Deps): Promise<Part> {
  try {
    await probe(AbortSignal.timeout(PATIENCE_MS));
    return { status: 'ok' };
  } catch (error) {
    logger.warn('a part does not answer', { part, error: error as Error });
    return { status: 'failing' };
  }
}

/** Azure is not asked (each call costs money); whether it turned the last photo away is known. */
const azureProbe =
  ({ azureThrottle, clock }: Deps): Probe =>
  async () => {
    const block = await azureThrottle.last();
    if (block && block.until > clock()) throw new Error(`Azure is left alone until ${block.until.toISOString()}`);
  };
