import {
  type Amount,
  announce,
  announcedLately,
  announcingNow,
  countedSince,
  exceeded,
  kept,
  MOST_OPEN_FORMS,
  onTheirWay,
  openForms,
  overQuota,
  type UploadLedger,
} from '../../../shared/domain/quota.ts';
import { OverQuota, TooManyRequests, Unavailable } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';

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
    const ledger = await uploadLedgers.get(userId);
    assertFewForms(ledger, asked, deps);
    await assertRoom(userId, ledger, asked, deps);
    if (await uploadLedgers.put(userId, announce(ledger, requestId, asked, clock()))) {
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

/** Counters and ledger tell cheaply that there is room. Only near the limit are the latest records read, to know what has ended of them. */
async function assertRoom(userId: string, ledger: UploadLedger, asked: Amount, deps: AdmitDeps): Promise<void> {
  const { uploadLedgers, summaries, limits, clock } = deps;
  const now = clock();
  const counted = async () => kept(await summaries.get(userId, { consistent: true }));
  if (!exceeded(total(await counted(), announcedLately(ledger, now)), asked, limits)) return;
  const underWay = onTheirWay(await uploadLedgers.since(userId, countedSince(now)));
  // Counted last: what has ended meanwhile is counted twice rather than not at all.
  const used = total(await counted(), underWay, announcingNow(ledger, now));
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
