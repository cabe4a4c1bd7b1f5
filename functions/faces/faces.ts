import type { Faces } from '../../shared/adapters/faces.ts';
import type { ImageKey, Images, StageOutcome } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Profiles } from '../../shared/adapters/profiles.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { hasEnded, type ImageRecord, MOST_FACES_ATTEMPTS } from '../../shared/domain/image.ts';
import { faceKey, faceKeysFrom } from '../../shared/domain/object-keys.ts';
import { THUMBNAIL_CONTENT_TYPE } from '../../shared/imaging/thumbnails.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { MessagePostponed } from '../../shared/lambda/queue.ts';
import type { FindFaces } from './find-faces.ts';

export interface FacesDeps {
  images: Images;
  faces: Faces;
  objects: Objects;
  profiles: Pick<Profiles, 'faceDetection'>;
  queues: Pick<Queues, 'organize'>;
  find: FindFaces;
}

/**
 * Has the faces in one photo found, cut out and described. May be repeated and run beside itself: the same picture gives the same
 * faces, and the first end of the stage counts. Throws what is our own fault, for the queue to try again.
 */
export function createFaceStage({ images, faces, objects, profiles, queues, find }: FacesDeps) {
  /** Tells `organize` that all that is to be found out about faces is. */
  async function announce({ user_id, image_id, generation, stages }: ImageRecord): Promise<void> {
    if (hasEnded(stages.organize.state)) return;
    const event_id = `faces:${image_id}:${generation}`;
    await queues.organize([{ type: 'described', event_id, user_id, image_id }]);
  }

  async function end(key: ImageKey, begun: ImageRecord, outcome: StageOutcome): Promise<ImageRecord | null> {
    const ended = await images.endStage(key, 'faces', outcome, {}, begun);
    if (ended) await announce(ended);
    else await clearUp(key);
    return ended;
  }

  /**
   * The photo was erased meanwhile, or sent on a new round: then that sees to the rest. What organize has counted as somebody's face,
   * it takes away itself; only then is it clear what is left.
   */
  async function clearUp(key: ImageKey): Promise<void> {
    const record = await images.get(key);
    if (record && !record.deleted_at) return;
    if (record?.faces?.length)
      throw new MessagePostponed('The photo is being erased; what is left of its faces goes then.');
    await erase(key);
  }

  async function erase({ userId, imageId }: ImageKey): Promise<void> {
    await faces.erase(userId, imageId);
    await objects.remove(faceKeysFrom(userId, imageId, 0));
  }

  /** The picture's bytes, in a format that can be decoded quickly. */
  async function read({ original, thumbnails }: ImageRecord): Promise<Uint8Array> {
    const rendition = thumbnails?.preview ?? original;
    const bytes = rendition && (await objects.read(rendition.key));
    if (!bytes) throw new Error('Expected the bytes of a photo that was accepted; there are none.');
    return bytes;
  }

  /** `null` where a later round of the photo has stored something. */
  async function lookForFaces(key: ImageKey, begun: ImageRecord): Promise<StageOutcome | null> {
    const { userId, imageId } = key;
    if (!(await profiles.faceDetection(userId))) return { state: 'skipped' };
    const found = await find(await read(begun));
    if ((await images.get(key))?.generation !== begun.generation) return null;
    for (const { face, crop } of found) {
      await objects.write(faceKey(userId, imageId, face.n), crop, THUMBNAIL_CONTENT_TYPE);
    }
    const stored = { image_id: imageId, generation: begun.generation, faces: found.map(({ face }) => face) };
    if (!(await faces.put(userId, stored))) return null;
    // An earlier run may have found more.
    await objects.remove(faceKeysFrom(userId, imageId, found.length));
    if (await profiles.faceDetection(userId)) return { state: 'done' };
    // Its owner has said no in between, and had everything erased that was there by then.
    await erase(key);
    return { state: 'skipped' };
  }

  async function giveUp(key: ImageKey, begun: ImageRecord): Promise<void> {
    const message = `Faces could not be looked for in ${MOST_FACES_ATTEMPTS} attempts. The photo itself is safe.`;
    await end(key, begun, { state: 'failed', error: { code: 'faces_gave_up', message } });
  }

  return async function findFacesOf(key: ImageKey, logger: Logger): Promise<void> {
    const record = await images.get(key);
    if (!record || record.deleted_at) return clearUp(key);
    if (record.status !== 'processing' || !hasEnded(record.stages.ingest.state)) return;
    if (hasEnded(record.stages.faces.state)) return announce(record);
    // A run that dies cannot count itself out.
    if (record.stages.faces.attempts >= MOST_FACES_ATTEMPTS) return giveUp(key, record);
    const begun = await images.beginStage(key, 'faces', record);
    // Ended or erased since the look: whoever did that saw to the rest.
    if (!begun) return;

    try {
      const outcome = await lookForFaces(key, begun);
      const ended = outcome ? await end(key, begun, outcome) : await clearUp(key);
      if (ended) logger.info('Looked for faces', { state: ended.stages.faces.state, ms: ended.stages.faces.ms });
    } catch (error) {
      if (error instanceof UnacceptablePicture) {
        const { code, message } = error;
        logger.warn('A photo could not be opened to look for faces.', { code });
        await end(key, begun, { state: 'failed', error: { code, message } });
        return;
      }
      if (error instanceof MessagePostponed || begun.stages.faces.attempts < MOST_FACES_ATTEMPTS) throw error;
      logger.error('The stage is given up.', error as Error);
      await giveUp(key, begun);
    }
  };
}
