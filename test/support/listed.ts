import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { postingsOf } from '../../shared/domain/search/postings.ts';
import { changeSummary, contributionOf, emptySummary } from '../../shared/domain/summary.ts';
import { TABLE, type World } from './world.ts';

/** Stores one user's records, all of them, with what organize derives from them for finding and counting. */
export async function storeListed({ table }: World, userId: string, records: readonly ImageRecord[]): Promise<void> {
  const images = createImages(table, TABLE, () => new Date());
  let summary = emptySummary();
  for (const record of records) {
    await images.create(record);
    await images.settle({ userId, imageId: record.image_id }, record);
    const contribution = contributionOf(record);
    if (contribution) summary = changeSummary(summary, contribution, 1);
  }
  const postings = records.flatMap((record) =>
    postingsOf(record)
      .filter(({ list }) => /^(STATUS|MODEL|TRASH|FLAG)#/.test(list))
      .map((posting) => ({ ...posting, image_id: record.image_id })),
  );
  await createImageIndex(table, TABLE).writePostings(userId, postings, []);
  await createSummaries(table, TABLE).put(userId, { ...summary, version: 1, updated_at: new Date().toISOString() });
}
