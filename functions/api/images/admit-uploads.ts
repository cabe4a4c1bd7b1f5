import { type Amount, exceeded, kept, overQuota } from '../../../shared/domain/quota.ts';
import {
  announce,
  lookWait,
  MOST_OPEN_FORMS,
  mostOnTheirWay,
  needsTidying,
  openForms,
  type UploadLedger,
} from '../../../shared/domain/upload-ledger.ts';
import { OverQuota, TooManyRequests, Unavailable } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import { lookThrough } from './look-through.ts';

type AdmitDeps = Pick<Deps, 'uploadLedgers' | 'summaries' | 'limits' | 'clock' | 'newId' | 'logger'>;

/** Each further try answers another request of the same person; more than this in a row means trouble. */
const MOST_TRIES = 50;

/**
 * Lets uploads in where their owner’s limits have room for all of them. They are noted before their records are there, so that requests side
 * by side each see the others; what is answered says that the records have been written. Throws `OverQuota` and `TooManyRequests`.
 */
export async function admitUploads(
  userId: string,
  files: readonly { bytes: number }[],
  deps: AdmitDeps,
): Promise<() => Promise<void>> {
  const { uploadLedgers, clock, newId } = deps;
  if (files.length === 0) return async () => {};
  const asked = { images: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  // It names an attribute of the ledger.
  const requestId = newId().replaceAll('-', '');
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const seen = await uploadLedgers.get(userId);
    assertFewForms(seen, asked, deps);
    const ledger = await withRoom(userId, seen, asked, deps);
    if (ledger && (await uploadLedgers.put(userId, announce(ledger, requestId, asked, clock())))) {
      return () => sayAnnounced(userId, requestId, deps);
    }
  }
  throw new Unavailable('Too many uploads were announced at once. Try again.', { retryAfterSeconds: 1 });
}

async function sayAnnounced(userId: string, requestId: string, { uploadLedgers, logger }: AdmitDeps): Promise<void> {
  try {
    await uploadLedgers.announced(userId, requestId);
  } catch (error) {
    // Records and forms are there, and the note ends by itself: until then they may count twice.
    logger.warn('a note of announced uploads stays for a minute', { error: error as Error });
  }
}

function assertFewForms(ledger: UploadLedger, asked: Amount, { clock, limits }: AdmitDeps): void {
  const now = clock();
  const { forms, until } = openForms(ledger, now, limits.formLifetimeMs);
  if (forms + asked.images <= MOST_OPEN_FORMS) return;
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
  throw new TooManyRequests(
    `${forms} uploads were announced lately, of ${MOST_OPEN_FORMS} at the most; these would be ${asked.images} more. ` +
      `Go on in ${seconds} seconds.`,
    seconds,
  );
}

/**
 * Counters and ledger tell cheaply that there is room. Only near the limit are records read, to know which of them have ended, and now and
 * then to keep the ledger small. Answers the ledger as it is by then; `null` where another request has written it.
 */
async function withRoom(
  userId: string,
  ledger: UploadLedger,
  asked: Amount,
  deps: AdmitDeps,
): Promise<UploadLedger | null> {
  const { limits, summaries, clock } = deps;
  const counted = async () => kept(await summaries.get(userId, { consistent: true }));
  const keeps = await counted();
  const underWay = mostOnTheirWay(ledger);
  if (!exceeded(total(keeps, underWay), asked, limits)) {
    return needsTidying(ledger, clock()) ? ((await lookThrough(userId, ledger, deps))?.ledger ?? null) : ledger;
  }
  const wait = lookWait(ledger, clock());
  if (wait > 0 || underWay.images === 0) {
    assertFits(keeps, asked, limits);
    throw countedAgain(wait);
  }
  const looked = await lookThrough(userId, ledger, deps);
  if (!looked) return null;
  // Counted last: what has ended meanwhile is counted twice rather than not at all.
  const used = total(await counted(), mostOnTheirWay(looked.ledger));
  if (!looked.complete && exceeded(used, asked, limits)) throw countedAgain(lookWait(looked.ledger, clock()));
  assertFits(used, asked, limits);
  return looked.ledger;
}

function countedAgain(waitMs: number): TooManyRequests {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new TooManyRequests(
    `You are near your limit, and it takes a look at your uploads under way to tell whether these fit. The next one is in ${seconds} seconds.`,
    seconds,
  );
}

function assertFits(used: Amount, asked: Amount, limits: Amount): void {
  const unit = exceeded(used, asked, limits);
  if (!unit) return;
  const left = Math.max(0, limits[unit] - used[unit]);
  const word = unit === 'images' ? 'images' : 'bytes';
  throw new OverQuota(overQuota(unit, used, asked, limits), [
    { path: 'files', expected: `at most ${left} ${word} more`, received: `${asked[unit]} ${word}` },
  ]);
}

const total = (...amounts: Amount[]): Amount => ({
  images: amounts.reduce((sum, { images }) => sum + images, 0),
  bytes: amounts.reduce((sum, { bytes }) => sum + bytes, 0),
});
