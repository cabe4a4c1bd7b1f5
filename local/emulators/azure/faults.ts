/** The next so many answers, or each with a probability (0–1). */
type Spoilt = number | { readonly share: number };

/**
 * What the emulator is told to do wrong. Each number counts answers: `{throttle: 2}` spoils the next two requests and
 * then stops. Refusals and malformed answers apply to chat completions only, the rest to every request.
 */
export interface AzureFaults {
  /** 429 for that many requests, or for a time. */
  readonly throttle?: Spoilt | { readonly milliseconds: number };
  /** 429 for what is asked beyond so many requests a second. */
  readonly perSecond?: number;
  /** For so many seconds unused requests are kept, as Azure looks at a second or at ten (default 1). */
  readonly windowSeconds?: number;
  /** Value of the `Retry-After` header: seconds, or an HTTP date. A 429 says `2` without it, a 500 nothing. */
  readonly retryAfter?: number | string;
  /** 500. */
  readonly error?: Spoilt;
  /** Content filter on the prompt: 400 with code `content_filter`. */
  readonly refusePrompt?: Spoilt;
  /** Content filter on the answer: 200 with `finish_reason: content_filter`. */
  readonly refuseFinish?: Spoilt;
  /** The model declines: 200 with `message.refusal`. */
  readonly refusal?: Spoilt;
  /** 200 with JSON of another shape than asked for. */
  readonly malformed?: Spoilt;
  /** The answer comes after `slowMilliseconds` (default 30,000). */
  readonly slow?: Spoilt;
  readonly slowMilliseconds?: number;
}

const NAMES: Readonly<Record<string, keyof AzureFaults>> = {
  429: 'throttle',
  rate: 'perSecond',
  rate_window: 'windowSeconds',
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
 * `azure:429=2,azure:malformed=1,describe:kill=3`. `azure:429=120s` throttles for two minutes, `azure:500=5%` breaks one answer in
 * twenty, `azure:rate=3` lets three calls a second through.
 * @throws RangeError for an unknown fault or a value that is no count
 */
export function parseAzureFaults(text: string): AzureFaults {
  const entries = text.split(',').map((entry) => entry.trim());
  const faults: Record<string, number | { milliseconds: number } | { share: number }> = {};
  for (const entry of entries.filter((candidate) => candidate.startsWith('azure:'))) {
    const [, name = '', value = '', unit] = /^azure:([\w]+)=(\d+(?:\.\d+)?)(s|%|)$/.exec(entry) ?? [];
    const fault = NAMES[name];
    const number = Number(value);
    const wrongUnit =
      (unit === 's' && fault !== 'throttle') || (unit === '%' && (!fault || WHOLE.has(fault) || number > 100));
    const wrongNumber = unit === '' && fault !== 'perSecond' && !Number.isInteger(number);
    if (!fault || wrongUnit || wrongNumber || (fault === 'perSecond' && number === 0)) {
      throw new RangeError(
        `--faults: expected azure:FAULT=N with a fault of ${Object.keys(NAMES).join(', ')}, received "${entry}"`,
      );
    }
    faults[fault] = unit === 's' ? { milliseconds: number * 1_000 } : unit === '%' ? { share: number / 100 } : number;
  }
  return faults;
}

/** Those that are no answers spoilt. */
const WHOLE: ReadonlySet<keyof AzureFaults> = new Set(['perSecond', 'windowSeconds', 'retryAfter', 'slowMilliseconds']);

type Counted = 'error' | 'refusePrompt' | 'refuseFinish' | 'refusal' | 'malformed' | 'slow';

/** Hands each fault out as often as it was ordered. */
export class FaultPlan {
  readonly #clock: () => Date;
  readonly #random: () => number;
  #left: Record<string, Spoilt> = {};
  /** Calls that may still be made, as of `at`. */
  #allowance = { calls: 0, at: 0 };
  #throttledUntil = 0;
  #settings: AzureFaults = {};

  /** `random`: numbers from 0 up to, not including, 1. */
  constructor(clock: () => Date, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Replaces everything ordered before; `{}` ends all faults. */
  set(faults: AzureFaults | string): void {
    this.#settings = typeof faults === 'string' ? parseAzureFaults(faults) : faults;
    const { throttle = 0, perSecond: _rate, windowSeconds: _window, ...others } = this.#settings;
    const { retryAfter: _header, slowMilliseconds: _delay, ...counts } = others;
    const forATime = typeof throttle === 'object' && 'milliseconds' in throttle;
    this.#left = { ...counts, throttle: forATime ? 0 : throttle };
    const now = this.#clock().getTime();
    this.#throttledUntil = forATime ? now + throttle.milliseconds : 0;
    this.#allowance = { calls: this.#mostCalls, at: now };
  }

  take(fault: Counted): boolean {
    return this.#take(fault);
  }

  /** The `Retry-After` to answer 429 with, or undefined if this request goes through. */
  takeThrottle(): string | undefined {
    const throttled = this.#clock().getTime() < this.#throttledUntil || this.#take('throttle') || this.#isTooMany();
    return throttled ? (this.retryAfter ?? '2') : undefined;
  }

  get retryAfter(): string | undefined {
    const { retryAfter } = this.#settings;
    return retryAfter === undefined ? undefined : String(retryAfter);
  }

  get slowMilliseconds(): number {
    return this.#settings.slowMilliseconds ?? 30_000;
  }

  get #mostCalls(): number {
    const { perSecond = 0, windowSeconds = 1 } = this.#settings;
    return Math.max(1, perSecond * windowSeconds);
  }

  /** A token bucket that holds what the window brings, one call at least. */
  #isTooMany(): boolean {
    const { perSecond } = this.#settings;
    if (perSecond === undefined) return false;
    const now = this.#clock().getTime();
    const earned = ((now - this.#allowance.at) / 1_000) * perSecond;
    const calls = Math.min(this.#mostCalls, this.#allowance.calls + earned);
    const enough = calls >= 1;
    this.#allowance = { calls: enough ? calls - 1 : calls, at: now };
    return !enough;
  }

  #take(fault: string): boolean {
    const left = this.#left[fault] ?? 0;
    if (typeof left === 'object') return this.#random() < left.share;
    if (left <= 0) return false;
    this.#left[fault] = left - 1;
    return true;
  }
}
