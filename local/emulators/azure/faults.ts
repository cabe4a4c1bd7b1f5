/**
 * What the emulator is told to do wrong. Each number counts answers: `{throttle: 2}` spoils the next two requests and
 * then stops. Refusals and malformed answers apply to chat completions only, the rest to every request.
 */
export interface AzureFaults {
  /** 429 for that many requests, or for a time. */
  readonly throttle?: number | { readonly milliseconds: number };
  /** Value of the `Retry-After` header: seconds, or an HTTP date. A 429 says `2` without it, a 500 nothing. */
  readonly retryAfter?: number | string;
  /** 500. */
  readonly error?: number;
  /** Content filter on the prompt: 400 with code `content_filter`. */
  readonly refusePrompt?: number;
  /** Content filter on the answer: 200 with `finish_reason: content_filter`. */
  readonly refuseFinish?: number;
  /** The model declines: 200 with `message.refusal`. */
  readonly refusal?: number;
  /** 200 with JSON of another shape than asked for. */
  readonly malformed?: number;
  /** The answer comes after `slowMilliseconds` (default 30,000). */
  readonly slow?: number;
  readonly slowMilliseconds?: number;
}

const NAMES: Readonly<Record<string, keyof AzureFaults>> = {
  429: 'throttle',
  500: 'error',
  refuse400: 'refusePrompt',
  refuse_finish: 'refuseFinish',
  refusal: 'refusal',
  malformed: 'malformed',
  slow: 'slow',
  retry_after: 'retryAfter',
  slow_ms: 'slowMilliseconds',
};

/**
 * Reads the `azure:` entries of a fault string and leaves the others to whoever they are for:
 * `azure:429=2,azure:malformed=1,describe:kill=3`. `azure:429=120s` throttles for two minutes.
 * @throws RangeError for an unknown fault or a value that is no count
 */
export function parseAzureFaults(text: string): AzureFaults {
  const entries = text.split(',').map((entry) => entry.trim());
  const faults: Record<string, number | { milliseconds: number }> = {};
  for (const entry of entries.filter((candidate) => candidate.startsWith('azure:'))) {
    const [, name = '', value = '', unit] = /^azure:([\w]+)=(\d+)(s?)$/.exec(entry) ?? [];
    const fault = NAMES[name];
    if (!fault || (unit === 's' && fault !== 'throttle')) {
      throw new RangeError(
        `Expected azure:<fault>=<count> with a fault of ${Object.keys(NAMES).join(', ')}; received "${entry}".`,
      );
    }
    faults[fault] = unit === 's' ? { milliseconds: Number(value) * 1_000 } : Number(value);
  }
  return faults;
}

type Counted = 'error' | 'refusePrompt' | 'refuseFinish' | 'refusal' | 'malformed' | 'slow';

/** Hands each fault out as often as it was ordered. */
export class FaultPlan {
  readonly #clock: () => Date;
  #left: Record<string, number> = {};
  #throttledUntil = 0;
  #settings: AzureFaults = {};

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Replaces everything ordered before; `{}` ends all faults. */
  set(faults: AzureFaults | string): void {
    this.#settings = typeof faults === 'string' ? parseAzureFaults(faults) : faults;
    const { throttle, retryAfter: _header, slowMilliseconds: _delay, ...counts } = this.#settings;
    this.#left = { ...counts, throttle: typeof throttle === 'number' ? throttle : 0 };
    this.#throttledUntil = typeof throttle === 'object' ? this.#clock().getTime() + throttle.milliseconds : 0;
  }

  take(fault: Counted): boolean {
    return this.#take(fault);
  }

  /** The `Retry-After` to answer 429 with, or undefined if this request goes through. */
  takeThrottle(): string | undefined {
    const throttled = this.#clock().getTime() < this.#throttledUntil || this.#take('throttle');
    return throttled ? (this.retryAfter ?? '2') : undefined;
  }

  get retryAfter(): string | undefined {
    const { retryAfter } = this.#settings;
    return retryAfter === undefined ? undefined : String(retryAfter);
  }

  get slowMilliseconds(): number {
    return this.#settings.slowMilliseconds ?? 30_000;
  }

  #take(fault: string): boolean {
    const left = this.#left[fault] ?? 0;
    if (left <= 0) return false;
    this.#left[fault] = left - 1;
    return true;
  }
}
