import type { ImageRecord } from '../../shared/domain/image.ts';
import type { OrganizeDeps } from './deps.ts';

/**
 * Takes photos out of albums that are gone. Whoever removes an album may meet somebody who puts photos into it: that a photo is in an
 * album is decided here, before it is listed there.
 */
export function createLeaveAlbums({ albums, edits }: Pick<OrganizeDeps, 'albums' | 'edits'>) {
  return async function leaveAlbums(userId: string, records: readonly ImageRecord[]): Promise<ImageRecord[]> {
    const ids = [...new Set(records.flatMap((record) => Object.keys(record.albums ?? {})))];
    if (ids.length === 0) return [...records];
    const known = await albums.getMany(userId, ids);
    const gone = new Set(ids.filter((id) => known.get(id)?.hidden ?? !known.has(id)));
    return Promise.all(
      records.map(async (record) => {
        const remove = Object.keys(record.albums ?? {}).filter((id) => gone.has(id));
        if (remove.length === 0) return record;
        const outcome = await edits.inAlbums({ userId, imageId: record.image_id }, { remove });
        return outcome?.record ?? record;
      }),
    );
  };
}
