/** Where a photo's bytes live in the bucket. Users and images are opaque ids made by us or by Firebase: no `/` in either. */

/** `preview` only exists of formats that browsers cannot show. */
export type ThumbnailSize = 'small' | 'medium' | 'preview';
export const THUMBNAIL_SIZES: readonly ThumbnailSize[] = ['small', 'medium', 'preview'];

export const incomingKey = (userId: string, imageId: string) => `incoming/${userId}/${imageId}`;
export const originalKey = (userId: string, imageId: string) => `originals/${userId}/${imageId}`;
/** What the keys of all originals of a user begin with. */
export const originalsOf = (userId: string) => originalKey(userId, '');
export const thumbnailKey = (userId: string, imageId: string, size: ThumbnailSize) =>
  `thumbnails/${userId}/${imageId}/${size}.webp`;
/** The square around the n-th face (from 0) of a photo. */
export const faceKey = (userId: string, imageId: string, n: number) => `thumbnails/${userId}/${imageId}/face-${n}.webp`;
export const rawMetadataKey = (userId: string, imageId: string) => `raw/${userId}/${imageId}.json`;
/** Where a job's plan lies, and what turned out to be left to do when it had been applied. */
export const jobKey = (userId: string, jobId: string) => `jobs/${userId}/${jobId}.json`;

/** What the sign-in service knew of somebody when they asked for all that is kept of them; deleted when that has been put together. */
export const accountKey = (userId: string, jobId: string) => `jobs/${userId}/${jobId}.account.json`;

export const restKey = (userId: string, jobId: string) => `jobs/${userId}/${jobId}.rest.json`;
/** No photo has more faces that we keep: the largest are. */
export const MOST_FACES = 50;

/** The keys of a photo's faces from the n-th on, whether there are as many or not. */
export const faceKeysFrom = (userId: string, imageId: string, first: number) =>
  Array.from({ length: Math.max(0, MOST_FACES - first) }, (_, index) => faceKey(userId, imageId, first + index));
export const downloadKey = (userId: string, jobId: string, part: number) =>
  `downloads/${userId}/${jobId}/part-${part}.zip`;

/**
 * Whose picture, or what is made of pictures, an object is; `null` of others: what arrives (`incoming/`) is written by browsers, and
 * plans (`jobs/`) hold ids that the records hold too (but for `accountKey`, which lies there for minutes).
 */
export function pictureOwner(key: string): string | null {
  return /^(?:originals|thumbnails|raw|downloads)\/([^/]+)\//.exec(key)?.[1] ?? null;
}
/** Where all that is somebody's begins: the pictures first. */
export const userPrefixes = (userId: string) =>
  ['originals', 'thumbnails', 'incoming', 'downloads', 'raw', 'jobs'].map((part) => `${part}/${userId}/`);

/** Every key a photo can own, for erasing it. */
export function allImageKeys(userId: string, imageId: string): string[] {
  return [
    incomingKey(userId, imageId),
    originalKey(userId, imageId),
    ...THUMBNAIL_SIZES.map((size) => thumbnailKey(userId, imageId, size)),
    rawMetadataKey(userId, imageId),
    ...faceKeysFrom(userId, imageId, 0),
  ];
}

/** The owner and id in an `incoming/` key, or `null` where the key has another shape. */
export function parseIncomingKey(key: string): { userId: string; imageId: string } | null {
  const match = /^incoming\/([^/]+)\/([0-9a-f-]{36})$/.exec(key);
  return match ? { userId: match[1] as string, imageId: match[2] as string } : null;
}
