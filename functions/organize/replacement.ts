import type { PlacedEmbedding } from '../../shared/adapters/embeddings.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { replacementStep } from './marks.ts';
import type { Session } from './session.ts';

/**
 * The cluster that contains a photo's embedding (its `vector`), or `null`. That is what its record says, but between the moment in
 * which a new embedding took its place and the end of the stage.
 */
export function clusterOf(record: ImageRecord, embedding: PlacedEmbedding | null): string | null {
  const moved = embedding?.moved;
  if (moved && moved.generation === record.generation && record.stages.organize.state !== 'done')
    return moved.cluster_id;
  return record.cluster?.cluster_id ?? null;
}

/**
 * Takes a photo's embedding out of its cluster, for another is to take its place; answers which that was. Another photo may have
 * taken it into a cluster a moment ago, when its record cannot say so yet.
 */
export function leaveCluster(session: Session, record: ImageRecord, embedding: PlacedEmbedding): string | null {
  const { image_id } = record;
  const from = clusterOf(record, embedding) ?? session.whereIs(image_id, replacementStep('replaced', record));
  session.leave(replacementStep('left', record), { image_id, vector: embedding.vector }, from);
  return from;
}
