import { type Background, type BackgroundStats, newBackground } from './background.ts';
import type { ClusterStats } from './stats.ts';
import type { Waiting } from './waiting.ts';

/** All that placing a user's next image depends on. */
export interface ClusterState {
  readonly clusters: readonly ClusterStats[];
  /** Unassigned images, oldest first; only the last {@link MOST_WAITING} are looked at. */
  readonly waiting: readonly Waiting[];
  readonly background: BackgroundStats;
  /** A small random sample of all images, see {@link keepWitnesses}: what new images are compared with. */
  readonly witnesses: readonly Waiting[];
}

/** Size of the sample of images that new ones are compared with. */
export const MOST_WITNESSES = 16;

/** A user's state before the first image. */
export function newClusterState(expected?: Background): ClusterState {
  return { clusters: [], waiting: [], witnesses: [], background: newBackground(expected) };
}

/**
 * A sample of the images seen, uniform and independent of their order: those whose ids hash lowest (bottom-k sampling,
 * Cohen & Kaplan, 2007). No counter and no random source is needed, and a repeated image changes nothing.
 */
export function keepWitnesses(images: readonly Waiting[]): Waiting[] {
  const unique = new Map(images.map((image) => [image.image_id, image]));
  return [...unique.values()]
    .map((image) => ({ image, hash: hashOf(image.image_id) }))
    .sort((a, b) => a.hash - b.hash || (a.image.image_id < b.image.image_id ? -1 : 1))
    .slice(0, MOST_WITNESSES)
    .map(({ image }) => image);
}

/** FNV-1a with a final mix (murmur3), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
