import type { Cluster } from '../../../shared/adapters/clusters.ts';
import type { ImageView } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** A cluster as clients see it, with these of its images. */
export function viewCluster(cluster: Cluster, images: ImageView[]) {
  const { cluster_id, name, name_source, count, cover_image_id = null, created_at, updated_at } = cluster;
  return { cluster_id, name, name_source, count, cover_image_id, images, created_at, updated_at };
}

/** Records by id. */
export async function recordsById(
  userId: string,
  imageIds: readonly string[],
  { images }: Pick<Deps, 'images'>,
): Promise<Map<string, ImageRecord>> {
  const records = await images.getMany(userId, imageIds);
  return new Map(records.map((record) => [record.image_id, record]));
}

/** Ids of the images that stand for a cluster: its cover, then the newest. */
export function shownOf({ cover_image_id: cover, newest }: Cluster): string[] {
  return cover === undefined ? newest : [cover, ...newest.filter((imageId) => imageId !== cover)];
}
