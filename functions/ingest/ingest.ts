import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { ImageKey, Images } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { allImageKeys, incomingKey, originalKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { CONTENT_TYPES } from '../../shared/imaging/format.ts';
import { decode } from '../../shared/imaging/raster.ts';
import { makeThumbnails, THUMBNAIL_CONTENT_TYPE } from '../../shared/imaging/thumbnails.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { createBytesOwnership } from './bytes-ownership.ts';
import { acceptedFacts, knownFacts } from './facts.ts';
import { checkSize, type Inspected, inspect } from './inspect.ts';

/** Everything ingest does, in the order in which it may do it. A run may die before any of them and be repeated from the start. */
export const INGEST_STEPS = [
  'look',
  'find',
  'begin',
  'read',
  'inspect',
  'compare',
  'decode',
  'keep',
  'thumbnails',
  'claim',
  'finish',
  'reject',
  'duplicate',
  'send',
  'clear',
] as const;
export type IngestStep = (typeof INGEST_STEPS)[number];

export interface IngestDeps {
  images: Images;
  checksums: Checksums;
  objects: Objects;
  queues: Pick<Queues, 'describe'>;
  /** Told before each step; what it throws ends the run there, as a dying process would. */
  checkpoint?: (step: IngestStep) => void | Promise<void>;
}

/** Which of a photo's two places its bytes are read from: `incoming/` until `originals/` holds what was accepted. */
type Source = 'incoming' | 'original';
/** How a look at a photo ends: nothing is left to do, or another look is needed, at the bytes named. */
type Next = 'ended' | Source;

/** Each further look answers something that another run did meanwhile; more than this many in a row means trouble. */
const MOST_LOOKS = 6;

/**
 * Turns the bytes that arrived for one photo into an original, two thumbnails and a record that says what they are, or into the
 * reason why not. May be repeated and run beside itself: what was first written to `originals/` is what was accepted, and the
 * record's conditional writes let one run end the stage. Throws only what is our own fault, for the queue to try again.
 */
export function createIngest(deps: IngestDeps) {
  const { images, checksums, objects, queues } = deps;
  const ownership = createBytesOwnership(deps);

  async function step<T>(name: IngestStep, run: () => Promise<T>): Promise<T> {
    await deps.checkpoint?.(name);
    return run();
  }

  async function look(key: ImageKey, preferred: Source, logger: Logger): Promise<Next> {
    const record = await step('look', () => images.get(key));
    if (!record || record.deleted_at) return eraseLeftovers(key, logger);
    if (record.status === 'rejected' || record.status === 'duplicate')
      return clear(allImageKeys(key.userId, key.imageId));
    if (record.stages.ingest.state === 'done') return handOnIfUnfinished(key, record);

    const found = await step('find', () => find(key, preferred));
    if (!found) return nothingFound(key, record, logger);
    const begun = await step('begin', () => images.beginIngest(key, record));
    if (!begun) return preferred;
    try {
      return await accept(key, begun, found, logger);
    } catch (error) {
      if (!(error instanceof UnacceptablePicture)) throw error;
      return reject(key, found, error, logger);
    }
  }

  async function accept(key: ImageKey, record: ImageRecord, found: Found, logger: Logger): Promise<Next> {
    checkSize(found.bytes);
    const bytes = await step('read', () => objects.read(found.key));
    if (!bytes) return found.source;
    const inspected = await step('inspect', () => inspect(bytes, record.expected.sha256));
    const twin = await step('compare', () => ownership.acceptedTwin(key, inspected.sha256));
    if (twin) return markDuplicate(key, found, twin, inspected, logger);
    const thumbnails = await step('decode', async () =>
      makeThumbnails(await decode(bytes, inspected.format, inspected)),
    );
    const kept = await step('keep', () => keep(key, found, bytes, CONTENT_TYPES[inspected.format]));
    if (!kept) return 'original';
    await step('thumbnails', async () => {
      for (const size of ['medium', 'small'] as const) {
        await objects.write(
          thumbnailKey(key.userId, key.imageId, size),
          thumbnails[size].bytes,
          THUMBNAIL_CONTENT_TYPE,
        );
      }
    });
    if (inspected.sha256 !== record.expected.sha256 && !(await images.noteChecksum(key, inspected.sha256))) {
      return found.source;
    }
    const winner = await step('claim', () => ownership.claim(key, inspected.sha256));
    if (winner) return markDuplicate(key, found, winner, inspected, logger);
    const facts = acceptedFacts(record, bytes.length, inspected, thumbnails);
    const ended = await step('finish', () => images.endStage(key, 'ingest', { state: 'done' }, facts));
    if (ended?.stages.ingest.state !== 'done' || ended.sha256 !== inspected.sha256) {
      // Erased, rejected or given up meanwhile: another look sees what to do about that.
      await checksums.release(key.userId, inspected.sha256, key.imageId);
      return found.source;
    }
    logger.info('Accepted', { format: inspected.format, bytes: bytes.length, ms: ended.stages.ingest.ms });
    return handOn(key, ended);
  }

  interface Found {
    source: Source;
    key: string;
    bytes: number;
  }

  /** Where the photo's bytes are now. */
  async function find({ userId, imageId }: ImageKey, preferred: Source): Promise<Found | null> {
    const places: readonly [Source, string][] = [
      ['incoming', incomingKey(userId, imageId)],
      ['original', originalKey(userId, imageId)],
    ];
    for (const [source, key] of preferred === 'incoming' ? places : places.toReversed()) {
      const head = await objects.head(key);
      if (head) return { source, key, bytes: head.bytes };
    }
    return null;
  }

  /** Stores the accepted bytes; `false` where other bytes were accepted before. */
  async function keep({ userId, imageId }: ImageKey, found: Found, bytes: Uint8Array, type: string): Promise<boolean> {
    if (found.source === 'original') return true;
    const key = originalKey(userId, imageId);
    if (await objects.writeOnce(key, bytes, type)) return true;
    const there = await objects.read(key);
    return there !== null && Buffer.compare(there, bytes) === 0;
  }

  /** The same form may have been used twice: then what was accepted first counts, not what arrived now. */
  async function supersededByOriginal({ userId, imageId }: ImageKey, found: Found): Promise<boolean> {
    return found.source === 'incoming' && (await objects.head(originalKey(userId, imageId))) !== null;
  }

  async function reject(key: ImageKey, found: Found, error: UnacceptablePicture, logger: Logger): Promise<Next> {
    if (await supersededByOriginal(key, found)) return 'original';
    const reason = { code: error.code, message: error.message };
    const rejected = await step('reject', () => images.reject(key, reason, { bytes: found.bytes }));
    if (!rejected) return found.source;
    logger.info('Rejected', { code: error.code, cause: error.cause });
    return clear(allImageKeys(key.userId, key.imageId));
  }

  async function markDuplicate(
    key: ImageKey,
    found: Found,
    twin: ImageRecord,
    inspected: Inspected,
    logger: Logger,
  ): Promise<Next> {
    if (await supersededByOriginal(key, found)) return 'original';
    const marked = await step('duplicate', () =>
      images.markDuplicate(key, twin.image_id, knownFacts(found.bytes, inspected)),
    );
    if (!marked) return found.source;
    logger.info('Duplicate', { duplicate_of: twin.image_id });
    return clear(allImageKeys(key.userId, key.imageId));
  }

  /** The bytes are neither where they arrive nor where they are kept. */
  async function nothingFound(key: ImageKey, record: ImageRecord, logger: Logger): Promise<Next> {
    if (record.status !== 'queued' && record.status !== 'processing') return 'ended';
    const now = await images.get(key);
    if (now?.updated_at !== record.updated_at) return 'incoming';
    // A photo is queued before its bytes are stored: whoever was to store them died, and nobody else will.
    const message = 'The upload broke off before the picture was stored. Please upload it again.';
    await images.fail(key, 'ingest', { code: 'bytes_missing', message });
    logger.warn('No bytes are stored for a photo that waits to be read.');
    return 'ended';
  }

  /** A repeated message after the end of the stage: as long as the incoming object is there, not all was sent on. */
  async function handOnIfUnfinished(key: ImageKey, record: ImageRecord): Promise<Next> {
    const incoming = await objects.head(incomingKey(key.userId, key.imageId));
    return incoming ? handOn(key, record) : 'ended';
  }

  async function handOn(key: ImageKey, record: ImageRecord): Promise<Next> {
    const { state, attempts } = record.stages.describe;
    // A description costs money: one that has been begun is on its way, and sweep looks after those that got stuck.
    if (state === 'pending' && attempts === 0) {
      await step('send', () => queues.describe({ user_id: key.userId, image_id: key.imageId }));
    }
    return clear([incomingKey(key.userId, key.imageId)]);
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
