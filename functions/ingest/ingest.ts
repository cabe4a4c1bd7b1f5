import type { Checksums } from '../../shared/adapters/checksums.ts';
import { UserKeyErased } from '../../shared/adapters/encryption/user-keys.ts';
import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { ImageKey, Images } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { canBeOrganized, hasEnded, type ImageRecord, type Stage } from '../../shared/domain/image.ts';
import { allImageKeys, incomingKey } from '../../shared/domain/object-keys.ts';
import { CONTENT_TYPES } from '../../shared/imaging/format.ts';
import { giveBack } from '../../shared/imaging/give-back.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { createBytesOwnership } from './bytes-ownership.ts';
import { acceptedFacts, knownFacts, wasAccepted } from './facts.ts';
import { checkSize, type Inspected, inspect } from './inspect.ts';
import { createPhotoObjects, type Found, type Source } from './photo-objects.ts';
import { readTold, seePicture, type TellingDeps } from './picture.ts';

/** Everything ingest does, in the order in which it may do it. A run may die before any of them and be repeated from the start. */
export const INGEST_STEPS = [
  'look',
  'find',
  'begin',
  'read',
  'inspect',
  'compare',
  'decode',
  'tell',
  'keep',
  'thumbnails',
  'raw',
  'claim',
  'finish',
  'reject',
  'duplicate',
  'settle',
  'send',
  'clear',
] as const;
export type IngestStep = (typeof INGEST_STEPS)[number];

export interface IngestDeps extends TellingDeps {
  images: Images;
  checksums: Checksums;
  objects: Objects;
  edits: Pick<ImageEdits, 'restore'>;
  queues: Pick<Queues, 'describe' | 'faces' | 'organize' | 'restored'>;
  /** Whether this stack looks for faces. */
  findsFaces: boolean;
  /** Told before each step; what it throws ends the run there, as a dying process would. */
  checkpoint?: (step: IngestStep) => void | Promise<void>;
}

/** How a look at a photo ends: nothing is left to do, or another look is needed, at the bytes named. */
type Next = 'ended' | Source;

/** Each further look answers something that another run did meanwhile; more than this many in a row means trouble. */
const MOST_LOOKS = 6;

/**
 * Turns the bytes that arrived for one photo into an original, thumbnails and a record that says what they are, or into the
 * reason why not. May be repeated and run beside itself: what was first written to `originals/` is what was accepted, and the
 * record's conditional writes let one run end the stage. A photo that was accepted before is read anew from its original, and
 * stays accepted and as it was whatever comes of that. Throws only what is our own fault, for the queue to try again.
 */
export function createIngest(deps: IngestDeps) {
  const { images, checksums, objects, edits, queues, findsFaces } = deps;
  const ownership = createBytesOwnership(deps);
  const photo = createPhotoObjects(objects);

  async function step<T>(name: IngestStep, run: () => Promise<T>): Promise<T> {
    await deps.checkpoint?.(name);
    return run();
  }

  async function look(key: ImageKey, preferred: Source, logger: Logger): Promise<Next> {
    const record = await step('look', () => images.get(key));
    if (!record || record.deleted_at) return eraseLeftovers(key, logger);
    if (record.status === 'rejected' || record.status === 'duplicate') {
      // It stays on the list of what is under way until what is derived from it has followed.
      return 'shard' in record ? settle(record) : clear(allImageKeys(key.userId, key.imageId));
    }
    if (hasReadIt(record)) return handOnIfUnfinished(key, record);

    const places: Source[] = preferred === 'incoming' ? ['incoming', 'original'] : ['original', 'incoming'];
    const found = await step('find', () => photo.find(key, wasAccepted(record) ? ['original'] : places));
    if (!found) return nothingFound(key, record, logger);
    const begun = await step('begin', () => images.beginIngest(key, record));
    if (!begun) return preferred;
    try {
      return await accept(key, begun, found, logger);
    } catch (error) {
      const reason = unacceptable(error);
      if (wasAccepted(begun)) return leaveAsItWas(key, found.source, reason, logger);
      return reject(begun, found, reason, logger);
    }
  }

  async function accept(key: ImageKey, record: ImageRecord, found: Found, logger: Logger): Promise<Next> {
    checkSize(found.bytes);
    const bytes = await step('read', () => objects.read(found.key));
    if (!bytes) return found.source;
    const inspected = await step('inspect', () => inspect(bytes, record.expected.sha256));
    const twin = await step('compare', () => ownership.acceptedTwin(key, inspected.sha256));
    if (twin && !wasAccepted(record)) return markDuplicate(record, found, twin, inspected, logger);
    // What a file tells is read on this thread while others decode its pixels.
    const [seen, told] = await Promise.all([
      step('decode', () => seePicture(bytes, inspected)),
      step('tell', () => readTold(deps, bytes, record, logger)),
    ]);
    const kept = await step('keep', () => photo.keep(key, found, bytes, CONTENT_TYPES[inspected.format]));
    if (!kept) return 'original';
    await step('thumbnails', () => photo.writeThumbnails(key, seen.thumbnails));
    await step('raw', () => photo.writeRaw(record, told.raw));
    if (inspected.sha256 !== record.expected.sha256 && !(await images.noteChecksum(key, inspected.sha256))) {
      return found.source;
    }
    const winner = await step('claim', () => ownership.claim(key, inspected.sha256));
    if (winner && !wasAccepted(record)) return markDuplicate(record, found, winner, inspected, logger);
    const facts = acceptedFacts(record, bytes.length, inspected, seen, told);
    giveBack(bytes);
    const ended = await step('finish', () => images.endStage(key, 'ingest', { state: 'done' }, facts));
    const same = ended?.sha256 === inspected.sha256;
    if (!ended || !same || ended.stages.ingest.state !== 'done') {
      // Erased, rejected or given up meanwhile: another look sees what to do about that.
      const owns = ended && same && wasAccepted(ended);
      if (!owns) await checksums.release(key.userId, inspected.sha256, key.imageId);
      return found.source;
    }
    logger.info('Accepted', { format: inspected.format, bytes: ended.bytes, ms: ended.stages.ingest.ms });
    return handOn(key, ended);
  }

  async function reject(begun: ImageRecord, found: Found, error: UnacceptablePicture, logger: Logger): Promise<Next> {
    const key = { userId: begun.user_id, imageId: begun.image_id };
    if (await photo.supersededByOriginal(key, found)) return 'original';
    const reason = { code: error.code, message: error.message };
    const rejected = await step('reject', () => images.reject(key, reason, { bytes: found.bytes }, begun));
    if (!rejected) return found.source;
    logger.info('Rejected', { code: error.code, cause: causeOf(error) });
    return settle(rejected);
  }

  /** A photo that was accepted cannot be read any more: it keeps what it had, and the stage says why it has nothing new. */
  async function leaveAsItWas(
    key: ImageKey,
    source: Source,
    error: UnacceptablePicture,
    logger: Logger,
  ): Promise<Next> {
    const reason = { code: error.code, message: error.message };
    const ended = await step('finish', () => images.endStage(key, 'ingest', { state: 'failed', error: reason }));
    logger.warn('An accepted photo could not be read anew.', { code: error.code, cause: causeOf(error) });
    return ended ? handOn(key, ended) : source;
  }

  async function markDuplicate(
    record: ImageRecord,
    found: Found,
    twin: ImageRecord,
    inspected: Inspected,
    logger: Logger,
  ): Promise<Next> {
    const key = { userId: record.user_id, imageId: record.image_id };
    if (await photo.supersededByOriginal(key, found)) return 'original';
    // Uploading the bytes again asks for the photo back. One erased in this very moment is a twin no more: another look sees that.
    if (twin.trashed_at && !record.trashed_at && !(await restore(twin, logger))) return found.source;
    const marked = await step('duplicate', () =>
      images.markDuplicate(key, twin.image_id, knownFacts(found.bytes, inspected), record),
    );
    if (!marked) return found.source;
    logger.info('Duplicate', { duplicate_of: twin.image_id });
    return settle(marked);
  }

  /** Takes a photo out of the trash. `false` where it is gone. */
  async function restore({ user_id: userId, image_id: imageId }: ImageRecord, logger: Logger): Promise<boolean> {
    const outcome = await step('duplicate', () => edits.restore({ userId, imageId }));
    if (outcome?.state === 'changed') {
      // A run that dies before this is made up for by sweep, which finds the photo standing still.
      await queues.restored([outcome.record]);
      logger.info('Restored from the trash', { restored: imageId });
    }
    return outcome !== null;
  }

  /** A photo has ended without organize, which is told, so that what is derived from it follows. */
  async function tellSettled({ user_id, image_id, generation, status }: ImageRecord): Promise<void> {
    const event_id = `settled:${image_id}:${generation}:${status}`;
    await step('settle', () => queues.organize([{ type: 'settled', event_id, user_id, image_id }]));
  }

  /** A photo is not accepted: nothing of its bytes stays. */
  async function settle(record: ImageRecord): Promise<Next> {
    await tellSettled(record);
    return clear(allImageKeys(record.user_id, record.image_id));
  }

  /** The bytes are neither where they arrive nor where they are kept. */
  async function nothingFound(key: ImageKey, record: ImageRecord, logger: Logger): Promise<Next> {
    if (record.status !== 'queued' && record.status !== 'processing') return 'ended';
    const now = await images.get(key);
    if (now?.updated_at !== record.updated_at) return 'incoming';
    if (wasAccepted(record)) {
      const gone = new UnacceptablePicture(
        'bytes_missing',
        'The original could not be found, so it was not read anew.',
      );
      return leaveAsItWas(key, 'original', gone, logger);
    }
    // A photo is queued before its bytes are stored: whoever was to store them died, and nobody else will.
    const message = 'The upload broke off before the picture was stored. Please upload it again.';
    const failed = await images.fail(key, 'ingest', { code: 'bytes_missing', message });
    logger.warn('No bytes are stored for a photo that waits to be read.');
    if (failed) await tellSettled(failed);
    return 'ended';
  }

  /**
   * A repeated message after the end of the stage. As long as the incoming object is there, not all was sent on; a photo that is
   * read anew has none to tell by, nor has one that waits for faces to be looked for where none are any more.
   */
  async function handOnIfUnfinished(key: ImageKey, record: ImageRecord): Promise<Next> {
    const left = !findsFaces && !hasEnded(record.stages.faces.state);
    const again = (record.generation > 0 || left) && record.status === 'processing';
    return again || (await objects.head(incomingKey(key.userId, key.imageId))) ? handOn(key, record) : 'ended';
  }

  async function handOn(key: ImageKey, accepted: ImageRecord): Promise<Next> {
    const record = findsFaces || hasEnded(accepted.stages.faces.state) ? accepted : await skipFaces(key, accepted);
    const { user_id, image_id, generation, status, stages } = record;
    if (canBeOrganized(stages) && !hasEnded(stages.organize.state) && status === 'processing') {
      const event_id = `described:${image_id}:${generation}`;
      await step('send', () => queues.organize([{ type: 'described', event_id, user_id, image_id }]));
    } else {
      await step('send', () =>
        Promise.all([
          isUntouched(stages.describe) && queues.describe({ user_id, image_id }),
          isUntouched(stages.faces) && queues.faces(objects.bucket, { user_id, image_id }),
        ]),
      );
    }
    return clear([incomingKey(key.userId, key.imageId)]);
  }

  async function skipFaces(key: ImageKey, record: ImageRecord): Promise<ImageRecord> {
    return (await step('send', () => images.endStage(key, 'faces', { state: 'skipped' }, {}, record))) ?? record;
  }

  async function clear(keys: readonly string[]): Promise<Next> {
    await step('clear', () => objects.remove(keys));
    return 'ended';
  }

  /** The photo was erased, or never was: nothing of it may stay. */
  async function eraseLeftovers(key: ImageKey, logger: Logger): Promise<Next> {
    logger.info('Bytes of a photo that is gone are removed.');
    await ownership.releaseKept(key);
    return clear(allImageKeys(key.userId, key.imageId));
  }

  return async function ingest(key: ImageKey, logger: Logger): Promise<void> {
    let source: Source = 'incoming';
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const next = await look(key, source, logger);
      if (next === 'ended') return;
      source = next;
    }
    throw new Error(`The photo changed ${MOST_LOOKS} times while it was read; the queue will bring it back.`);
  };
}

/** Whether the stage has ended for a photo that is accepted. One that failed as a whole is read once more when a message asks for it. */
function hasReadIt({ status, stages }: ImageRecord): boolean {
  const { state } = stages.ingest;
  return state === 'done' || (state === 'failed' && (status === 'processing' || status === 'done'));
}

/** A description costs money, and faces time: what has been begun is on its way, and sweep looks after what got stuck. */
function isUntouched({ state, attempts }: Stage): boolean {
  return state === 'pending' && attempts === 0;
}

/** Why no retry would help; throws `error` where one would. */
function unacceptable(error: unknown): UnacceptablePicture {
  if (error instanceof UnacceptablePicture) return error;
  if (!(error instanceof UserKeyErased)) throw error;
  return new UnacceptablePicture('account_erased', 'The account was erased: no picture of it is stored any more.');
}

/** Decoders can be talkative about what is wrong with a file. */
function causeOf({ cause }: UnacceptablePicture): string | undefined {
  return cause instanceof Error ? cause.message.slice(0, 300) : undefined;
}
