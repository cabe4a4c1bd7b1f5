import { createHash } from 'node:crypto';
import type { Seen } from './describe.ts';

/** About a megabyte of words. */
const MOST_REMEMBERED = 500;

type See = (image: Uint8Array, gone?: AbortSignal) => Promise<Seen>;

/**
 * Looks at the same picture once: looking takes a tenth of a second and more, and finds the same every time. The pictures last
 * looked at are remembered; failures are not.
 */
export function rememberSeen(see: See): See {
  const known = new Map<string, Seen>();
  return async (image, gone) => {
    const digest = createHash('sha256').update(image).digest('base64');
    const seen = known.get(digest) ?? (await see(image, gone));
    known.delete(digest);
    known.set(digest, seen);
    const [oldest] = known.keys();
    if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
    return seen;
  };
}
