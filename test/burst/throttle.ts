import { availableParallelism } from 'node:os';
import { median } from '../../local/statistics.ts';
import type { Image } from '../e2e/support/person.ts';

const CALLS_PER_PHOTO = 2;
/** As Azure does: calls are counted over ten seconds, and who has asked too much is told to wait a while, in which it takes those of others. */
const WINDOW_SECONDS = 10;
const RETRY_AFTER_SECONDS = 5;
/**
 * Azure takes at most this share of what the whole stack asks for, so that it is Azure that a burst waits for: photos that are put off, some
 * ten times each, cost the machine half as much again as what is done to them.
 */
const BITES = 0.6;
/** Of each function that reads a queue so many run at once, here. */
export const AT_ONCE = availableParallelism() + 1;

const moment = (text: string | null | undefined) => Date.parse(text ?? '') / 1_000;

/** Calls a second. */
export interface Throttle {
  /** That describe would make if nothing held it back, and each run of it took as long as that of a photo alone, as on AWS. */
  demand: number;
  /** That this machine makes where many photos come at once, all functions and emulators together on its cores. */
  asked: number;
  /** That Azure takes. */
  rate: number;
}

/** What Azure is to take, from photos that came one by one, and how many a second are done of those that come at once; neither throttled. */
export function chooseThrottle(alone: readonly Image[], perSecond: number, share: number): Throttle {
  const seconds = median(
    alone.map(({ stages: { describe } }) => moment(describe.finished_at) - moment(describe.started_at)),
  );
  const demand = (AT_ONCE * CALLS_PER_PHOTO) / seconds;
  const asked = perSecond * CALLS_PER_PHOTO;
  return { demand, asked, rate: Math.min(demand / share, BITES * asked) };
}

/** As an order to the local stack. */
export function throttleFault(rate: number): string {
  return `azure:rate=${rate.toFixed(3)},azure:rate_window=${WINDOW_SECONDS},azure:retry_after=${RETRY_AFTER_SECONDS}`;
}

/** How long Azure needs for so many photos, in seconds. */
export const leastSeconds = (photos: number, rate: number) => (photos * CALLS_PER_PHOTO) / rate;
