import {
  beginLook,
  endLook,
  type Found,
  lookAt,
  stretches,
  type UploadLedger,
} from '../../../shared/domain/upload-ledger.ts';
import { Unavailable } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';

/** Records one look reads, up to the end of the minute it has come to. */
const MOST_READ = 10_000;

/** As in `admit-uploads.ts`. */
const MOST_TRIES = 50;

/**
 * Looks at what of all that was announced is still on its way, and writes that back. `complete`: nothing was left to the next look.
 * `null` where another request wrote the ledger before the look began.
 */
export async function lookThrough(
  userId: string,
  ledger: UploadLedger,
  { uploadLedgers, clock }: Pick<Deps, 'uploadLedgers' | 'clock'>,
): Promise<{ ledger: UploadLedger; complete: boolean } | null> {
  const began = beginLook(ledger, clock());
  if (!(await uploadLedgers.put(userId, began))) return null;
  const all = stretches(began);
  const found: Found[] = [];
  let left = MOST_READ;
  for (const stretch of all) {
    if (left <= 0) break;
    const look = await lookAt(stretch, uploadLedgers.between(userId, stretch.from, stretch.to), left);
    left -= look.read;
    found.push(look);
  }
  const complete = found.length === all.length && found.every(({ stopped }) => !stopped);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const written = endLook(await uploadLedgers.get(userId), found, began, clock());
    if (await uploadLedgers.put(userId, written)) return { ledger: written, complete };
  }
  throw new Unavailable('Too many uploads were announced at once. Try again.', { retryAfterSeconds: 1 });
}
