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
  const owners = await acceptedOwners(
    userId,
    files.flatMap(({ sha256 }) => sha256 ?? []),
    deps,
  );
  const wanted = files.filter(({ sha256 }) => !sha256 || !owners.has(sha256));
  const announced = await admitUploads(userId, wanted, deps);
  const { expiresAt, form } = await uploadForms.open();
  const at = clock();
  // Ids are made in order, so that lists show the files in the order in which they were announced.
  const numbered = files.map((file) => ({ file, imageId: newId() }));

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
  await announced();
  return { status: 200, body: { items } };
};

/** Which of the checksums belong to an image that was accepted and is still there; from the trash it comes back. */
async function acceptedOwners(
  userId: string,
  checksums: readonly string[],
  deps: Pick<Deps, 'checksums' | 'images' | 'edits' | 'queues' | 'logger'>,
): Promise<Map<string, string>> {
  const known = await Promise.all(
    [...new Set(checksums)].map(async (sha256) => {
      const imageId = await deps.checksums.owner(userId, sha256);
      const record = imageId ? await deps.images.getVisible({ userId, imageId }) : null;
      if (record?.stages.ingest.state !== 'done') return [];
      if (record.trashed_at) {
        const outcome = await deps.edits.restore({ userId, imageId: record.image_id });
        // Erased since it was read.
        if (!outcome) return [];
        if (outcome.state === 'changed') await sendRestored([outcome.record], deps);
      }
      return [[sha256, record.image_id] as const];
    }),
  );
  return new Map(known.flat());
}
