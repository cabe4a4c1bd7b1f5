import type { Image } from '../e2e/support/person.ts';
import type { Memory, Usage } from './memory.ts';
import type { Depths } from './queues.ts';
import type { Throttle } from './throttle.ts';

export interface Sample {
  /** Since the burst began. */
  seconds: number;
  uploaded: number;
  memory: Memory;
  depths: Depths;
  /** Load average of the machine over the last minute. */
  load: number;
}

/**
 * Under which circumstances a photo of the other user came: alone; alone, beside processes that compute for nothing; while photos of
 * the burst stand before ingest; while the rest of them stands before describe.
 */
export const CIRCUMSTANCES = ['alone', 'busy', 'reading', 'describing'] as const;
export type Circumstance = (typeof CIRCUMSTANCES)[number];

export interface Single {
  when: Circumstance;
  seconds: number;
  image: Image;
}

interface Calls {
  calls: number;
  throttled: number;
  /** Messages that were told to come back later. */
  postponed: number;
}

/** What is known of a burst so far; what is not known yet is absent. */
export interface Course {
  throttle?: Throttle;
  singles: Single[];
  samples: Sample[];
  uploaded: number;
  /** Seconds since the burst began. */
  ends: { uploaded?: number; read?: number; drained?: number };
  calls: { before: Calls; after: Calls };
  cpu: { before: Usage['cpu']; after: Usage['cpu'] };
  /** Of the burst, as they ended. */
  images?: Image[];
  deviations?: string[];
  deadLetters?: number;
}

export function openCourse(): Course {
  const calls = { calls: 0, throttled: 0, postponed: 0 };
  const cpu = { parent: 0, children: 0 };
  return {
    singles: [],
    samples: [],
    uploaded: 0,
    ends: {},
    calls: { before: calls, after: calls },
    cpu: { before: cpu, after: cpu },
  };
}
