import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';
import { sendRestored } from '../trash/send-restored.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { admitUploads } from './admit-uploads.ts';
import { newRecord } from './new-record.ts';

/**
 * A form for every announced file, or the id of the image that already holds these very bytes. The record exists before its
 * form is given away: bytes that arrive always find it.
 */
export const createUploads: ApiUseCase<'createUploads'> = async ({ body: { files }, user }, deps) => {
  const { images, uploadForms, clock, newId } = deps;
  const userId = user.user_id;
  const known = await acceptedOwners(
    userId,
    files.flatMap(({ sha256 }) => sha256 ?? []),
    deps,
  );
  const without = (owners: ReadonlyMap<string, unknown>) =>
    files.filter(({ sha256 }) => !sha256 || !owners.has(sha256));
  const announced = [await admitUploads(userId, without(known), deps)];
  // Only now: a request that is refused changes nothing. Nor does it take room, for the trash is counted.
  const owners = await backFromTrash(userId, known, deps);
  const gone = without(owners).filter(({ sha256 }) => sha256 && known.has(sha256));
  announced.push(await admitUploads(userId, gone, deps));
  const { expiresAt, form } = await uploadForms.open();
  const at = clock();
  // Ids are made in order, so that lists show the files in the order in which they were announced.
  const numbered = files.map((file) => ({ file, imageId: newId() }));
  deps.logger.appendKeys({ image_ids: numbered.map(({ imageId }) => imageId) });

  const items = await Promise.all(
    numbered.map(async ({ file, imageId }) => {
      const owner = file.sha256 && owners.get(file.sha256);
      if (owner) return { image_id: owner, duplicate: true as const };
      const created = await images.create(newRecord({ userId, imageId, at, expiresAt }, file));
      if (!created) throw new Error(`Image id ${imageId} is taken; expected a new one`);
      const { content_type: contentType, bytes, sha256 } = file;
      const upload = await form({ userId, imageId, contentType, bytes, sha256 });
      return { image_id: imageId, upload, expires_at: expiresAt.toISOString() };
    }),
  );
  for (const done of announced) await done();
  return { status: 200, body: { items } };
};

/** The records, by checksum, of images with these very bytes that were accepted and are still there, in the trash or not. */
async function acceptedOwners(
  userId: string,
  checksums: readonly string[],
  deps: Pick<Deps, 'checksums' | 'images'>,
): Promise<Map<string, ImageRecord>> {
  const known = await Promise.all(
    [...new Set(checksums)].map(async (sha256) => {
      const imageId = await deps.checksums.owner(userId, sha256);
      const record = imageId ? await deps.images.getVisible({ userId, imageId }) : null;
      return record?.stages.ingest.state === 'done' ? [[sha256, record] as const] : [];
    }),
  );
  return new Map(known.flat());
}

/** The ids of images by checksum; those in the trash come back, and those that were erased since they were read are left out. */
async function backFromTrash(
  userId: string,
  known: ReadonlyMap<string, ImageRecord>,
  deps: Pick<Deps, 'edits' | 'queues' | 'logger'>,
): Promise<Map<string, string>> {
  const there = await Promise.all(
    [...known].map(async ([sha256, { image_id, trashed_at }]) => {
      if (trashed_at) {
        const outcome = await deps.edits.restore({ userId, imageId: image_id });
        if (!outcome) return [];
        if (outcome.state === 'changed') await sendRestored([outcome.record], deps);
      }
      return [[sha256, image_id] as const];
    }),
  );
  return new Map(there.flat());
}
