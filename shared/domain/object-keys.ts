/** Where a photo's bytes live in the bucket. Users and images are opaque ids made by us or by Firebase: no `/` in either. */

/** `preview` only exists of formats that browsers cannot show. */
export type ThumbnailSize = 'small' | 'medium' | 'preview';
export const THUMBNAIL_SIZES: readonly ThumbnailSize[] = ['small', 'medium', 'preview'];

export const incomingKey = (userId: string, imageId: string) => `incoming/${userId}/${imageId}`;
export const originalKey = (userId: string, imageId: string) => `originals/${userId}/${imageId}`;
export const thumbnailKey = (userId: string, imageId: string, size: ThumbnailSize) =>
  `thumbnails/${userId}/${imageId}/${size}.webp`;
export const rawMetadataKey = (userId: string, imageId: string) => `raw/${userId}/${imageId}.json`;
/** Where a job's plan lies, and what turned out to be left to do when it had been applied. */
export const jobKey = (userId: string, jobId: string) => `jobs/${userId}/${jobId}.json`;

export const restKey = (userId: string, jobId: string) => `jobs/${userId}/${jobId}.rest.json`;

/** Every key a photo can own, for erasing it. */
export function allImageKeys(userId: string, imageId: string): string[] {
  return [
    incomingKey(userId, imageId),
    originalKey(userId, imageId),
    ...THUMBNAIL_SIZES.map((size) => thumbnailKey(userId, imageId, size)),
    rawMetadataKey(userId, imageId),
  ];
}

/** The owner and id in an `incoming/` key, or `null` where the key has another shape. */
export function parseIncomingKey(key: string): { userId: string; imageId: string } | null {
  const match = /^incoming\/([^/]+)\/([^/]+)$/.exec(key);
  return match ? { userId: match[1] as string, imageId: match[2] as string } : null;
}
