import type { ImageRecord } from '../../shared/domain/image.ts';
import { originalKey, rawMetadataKey, type ThumbnailSize, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { CONTENT_TYPES } from '../../shared/imaging/format.ts';
import { THUMBNAIL_CONTENT_TYPE, type Thumbnail } from '../../shared/imaging/thumbnails.ts';
import type { Inspected } from './inspect.ts';
import type { Seen, Told } from './picture.ts';

/** Fields of the record. One that is there and `undefined` is known to be absent. */
type Facts = { [Name in keyof ImageRecord]?: ImageRecord[Name] | undefined };

/** Whether ingest has accepted the photo before, so that its bytes are known to be good and it has something to lose. */
export function wasAccepted(record: ImageRecord): boolean {
  return record.thumbnails !== undefined;
}

/** What the record says about bytes that were read. */
export function knownFacts(bytes: number, { format, sha256, width, height, frames }: Inspected): Facts {
  const several = frames > 1 ? frames : undefined;
  return { content_type: CONTENT_TYPES[format], format, bytes, sha256, width, height, frames: several };
}

/** What the record says about a picture that was accepted. In fields that a person edited, `endStage` keeps it beside. */
export function acceptedFacts(
  record: ImageRecord,
  bytes: number,
  inspected: Inspected,
  { thumbnails: { small, medium, preview }, features }: Seen,
  { metadata, raw, taken, place }: Told,
): Facts {
  const { user_id: userId, image_id: imageId } = record;
  const { width, height, format } = inspected;
  const rendition = (size: ThumbnailSize, thumbnail: Thumbnail) => ({
    key: thumbnailKey(userId, imageId, size),
    content_type: THUMBNAIL_CONTENT_TYPE,
    bytes: thumbnail.bytes.length,
    width: thumbnail.width,
    height: thumbnail.height,
  });
  return {
    ...knownFacts(bytes, inspected),
    original: { key: originalKey(userId, imageId), content_type: CONTENT_TYPES[format], bytes, width, height },
    thumbnails: {
      small: rendition('small', small),
      medium: rendition('medium', medium),
      ...(preview && { preview: rendition('preview', preview) }),
    },
    raw_metadata: raw ? { key: rawMetadataKey(userId, imageId), bytes: raw.length } : undefined,
    metadata,
    ...features,
    taken_at: taken.taken_at,
    taken_at_offset: taken.taken_at_offset,
    taken_at_source: taken.taken_at_source,
    taken_key: `${taken.taken_at}#${imageId}`,
    // Where it could not be found out, what was known stays.
    ...(place !== undefined && { place: place ?? undefined }),
  };
}
