/** The gateway gives up after 29 seconds. */
const LONGEST_WAIT = 25;

/** Seconds a client would rather wait than be told to come back (RFC 7240 `Prefer: wait=N`), at most 25; 0 where it did not say. */
export function waitSeconds(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)/i.exec(prefer ?? '') ?? [];
  return Math.min(LONGEST_WAIT, Number(seconds ?? 0));
}
