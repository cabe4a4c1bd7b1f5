import type { ImageRecord } from '../../shared/domain/image.ts';
import { originalKey, type ThumbnailSize, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { CONTENT_TYPES } from '../../shared/imaging/format.ts';
import { THUMBNAIL_CONTENT_TYPE, type Thumbnail } from '../../shared/imaging/thumbnails.ts';
import type { Inspected } from './inspect.ts';

/** What the record says about bytes that were read. */
export function knownFacts(bytes: number, { format, sha256, width, height }: Inspected): Partial<ImageRecord> {
  return { content_type: CONTENT_TYPES[format], format, bytes, sha256, width, height };
}

/** What the record says about a picture that was accepted. */
export function acceptedFacts(
  record: ImageRecord,
  bytes: number,
  inspected: Inspected,
  thumbnails: Record<ThumbnailSize, Thumbnail>,
): Partial<ImageRecord> {
  const { user_id: userId, image_id: imageId, created_at } = record;
  const { width, height, format } = inspected;
  const rendition = (size: ThumbnailSize) => ({
    key: thumbnailKey(userId, imageId, size),
    content_type: THUMBNAIL_CONTENT_TYPE,
    bytes: thumbnails[size].bytes.length,
    width: thumbnails[size].width,
    height: thumbnails[size].height,
  });
  return {
    ...knownFacts(bytes, inspected),
    original: { key: originalKey(userId, imageId), content_type: CONTENT_TYPES[format], bytes, width, height },
    thumbnails: { small: rendition('small'), medium: rendition('medium') },
    taken_at: created_at,
    taken_at_source: 'upload',
    taken_key: `${created_at}#${imageId}`,
  };
}
