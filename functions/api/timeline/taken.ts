import type { ImageRecord } from '../../../shared/domain/image.ts';
import { isShown } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** Entries read at once, and how often. More hidden photos than that in a row, and what lies behind them is not found. */
const AT_ONCE = 20;
const MOST_READS = 5;

/** Up to `limit` photos taken on a day or in a month (`2024-05-31`, `2024-05`), latest first, that are shown and not archived. */
export async function takenIn(
  userId: string,
  period: string,
  limit: number,
  { images, postings }: Pick<Deps, 'images' | 'postings'>,
  accept: (record: ImageRecord) => boolean = () => true,
): Promise<ImageRecord[]> {
  const found: ImageRecord[] = [];
  let before: string | undefined;
  for (let reads = 0; reads < MOST_READS && found.length < limit; reads += 1) {
    const range = { from: period, to: period };
    const below = { limit: AT_ONCE, ...(before !== undefined && { before }) };
    const { items, more } = await postings.taken(userId, range, below);
    const records = new Map(
      (
        await images.getMany(
          userId,
          items.map(({ image_id }) => image_id),
        )
      ).map((record) => [record.image_id, record]),
    );
    const shown = items.flatMap(({ image_id }) => records.get(image_id) ?? []);
    found.push(...shown.filter((record) => isShown(record) && !record.archived && accept(record)));
    before = items.at(-1)?.taken_key;
    if (!more || before === undefined) break;
  }
  return found.slice(0, limit);
}
