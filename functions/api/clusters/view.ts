import type { Cluster } from '../../../shared/adapters/clusters.ts';
import type { ImageView } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** A cluster as clients see it, with these of its images. */
export function viewCluster(cluster: Cluster, images: ImageView[]) {
  const { cluster_id, name, name_source, count, created_at, updated_at } = cluster;
  return { cluster_id, name, name_source, count, images, created_at, updated_at };
}

const READ_AT_ONCE = 100;

/** Records by id, however many: read 100 at a time. */
export async function recordsById(
  userId: string,
  imageIds: readonly string[],
  { images }: Pick<Deps, 'images'>,
): Promise<Map<string, ImageRecord>> {
  const ids = [...new Set(imageIds)];
  const chunks = Array.from({ length: Math.ceil(ids.length / READ_AT_ONCE) }, (_, index) =>
    ids.slice(index * READ_AT_ONCE, (index + 1) * READ_AT_ONCE),
  );
  const records = await Promise.all(chunks.map((chunk) => images.getMany(userId, chunk)));
  return new Map(records.flat().map((record) => [record.image_id, record]));
}
