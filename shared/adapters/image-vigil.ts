import type { ImageRecord } from '../domain/image.ts';
import type { ImageKey, ImageRecords } from './image-records.ts';
import { staleItems } from './table.ts';

/** A record on the list of what is under way: since when nothing has been heard of it, and how often it was sent to work again since. */
export type UnderWay = ImageRecord & { since?: string; revived?: { times: number; since: string } };

/** What stands still is sent again after once, twice, four times … as long without a sign of life, and never less often than after this. */
const MOST_STALE_TIMES = 24;

/** The list of what is under way, as `sweep` reads it. */
export function createImageVigil({ table, tableName, clock, change }: ImageRecords) {
  return {
    /** Notes that no sign of life is due before `until`. */
    touch(key: ImageKey, until: Date): Promise<ImageRecord | null> {
      return change(key, {
        set: { since: until.toISOString() },
        condition: {
          expression: 'attribute_exists(sk) AND attribute_exists(#shard)',
          names: { '#shard': 'shard' },
        },
      });
    },

    /**
     * Notes that a photo that has shown no sign of life is about to be sent to work again: the next time sweep looks at it in twice the time,
     * until something has happened to it. `null` where something has since it was `seen`, or it is not under way any more.
     */
    revive(key: ImageKey, seen: UnderWay, staleMs: number): Promise<ImageRecord | null> {
      const { since, revived } = seen;
      const times = revived !== undefined && revived.since === since ? revived.times + 1 : 1;
      const delay = Math.min(2 ** (times - 1), MOST_STALE_TIMES) - 1;
      const until = new Date(clock().getTime() + delay * staleMs).toISOString();
      return change(key, {
        set: { since: until, revived: { times, since: until } },
        condition: {
          expression: 'attribute_exists(#shard) AND #since = :seen',
          names: { '#shard': 'shard', '#since': 'since' },
          values: { ':seen': since ?? '' },
        },
      });
    },

    /** Records under way that have shown no sign of life since `before`, the oldest of every shard first. */
    stale: (before: Date) =>
      staleItems(table, tableName, { kind: 'image', before }) as AsyncGenerator<unknown> as AsyncGenerator<UnderWay>,
  };
}
