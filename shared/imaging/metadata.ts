import type { Metadata } from '../domain/image.ts';
import type { CameraClock } from '../domain/taken-at.ts';
import { cameraFacts } from './metadata/camera.ts';
import { cameraClock, dateTaken } from './metadata/clock.ts';
import { parseTags } from './metadata/parse.ts';
import { positionOf } from './metadata/position.ts';
import { dumpTags } from './metadata/raw.ts';
import { wordsOf } from './metadata/words.ts';

export interface ReadMetadata {
  metadata: Metadata;
  /** Every tag of every group, safe to store as JSON and at most 64 KB of it; `null` if the file says nothing. */
  raw: Record<string, unknown> | null;
  /** What `resolveTakenAt` needs. */
  clock: CameraClock;
}

/**
 * Reads what a picture file says about itself: EXIF, and where that is silent XMP and IPTC, of JPEG, PNG, WebP, TIFF, HEIC, AVIF and GIF.
 * Never throws, and its work is bounded: broken metadata is absent metadata.
 */
export function readMetadata(bytes: Uint8Array): ReadMetadata {
  const groups = parseTags(bytes);
  const gps = positionOf(groups);
  return {
    metadata: { ...cameraFacts(groups), ...dateTaken(groups), ...(gps ? { gps } : {}), ...wordsOf(groups) },
    raw: dumpTags(groups),
    clock: cameraClock(groups, gps),
  };
}
