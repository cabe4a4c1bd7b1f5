import { createHash } from 'node:crypto';
import { incomingKey } from '../../../shared/domain/object-keys.ts';
import type { UploadedFile } from '../../../shared/lambda/http/multipart.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { admitUploads } from './admit-uploads.ts';
import { newRecord } from './new-record.ts';
import { viewImages } from './view.ts';

/** How long bytes that this very request carries may take, should it die half-way: then the record expires by itself. */
const PATIENCE_SECONDS = 15 * 60;

/** Takes small pictures through the API into `incoming/`, whence they go the way of every upload. */
export const upload: ApiUseCase<'upload'> = async (request, deps) => {
  const { files } = request.body;
  const userId = request.user.user_id;
  const sizes = files.map(({ content }) => ({ bytes: content.length }));
  const announced = await admitUploads(userId, sizes, deps);
  const numbered = files.map((file) => ({ file, imageId: deps.newId() }));
  deps.logger.appendKeys({ image_ids: numbered.map(({ imageId }) => imageId) });
  const records = await Promise.all(numbered.map(({ file, imageId }) => receive({ userId, imageId }, file, deps)));
  await announced();
  return { status: 202, body: { items: await viewImages(request, records, deps) } };
};

/** The record is there before the bytes (bytes without one are thrown away) and `queued` only once they are safe. */
async function receive(key: { userId: string; imageId: string }, file: UploadedFile, deps: Deps) {
  const { images, objects, clock } = deps;
  const { filename, content_type, content } = file;
  const at = clock();
  const expiresAt = new Date(at.getTime() + PATIENCE_SECONDS * 1000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const expected = { filename, content_type, bytes: content.length, sha256 };
  const record = newRecord({ ...key, at, expiresAt }, expected);
  if (!(await images.create(record))) throw new Error(`Image id ${key.imageId} is taken; expected a new one`);
  await objects.write(incomingKey(key.userId, key.imageId), content, content_type);
  // Ingest may have been faster.
  return (await images.queue(key)) ?? (await images.get(key)) ?? record;
}
