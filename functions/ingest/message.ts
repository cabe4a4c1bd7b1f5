import * as z from 'zod';
import type { ImageKey } from '../../shared/adapters/images.ts';
import { parseIncomingKey } from '../../shared/domain/object-keys.ts';

const record = z.object({
  eventSource: z.string().optional(),
  s3: z.object({ object: z.object({ key: z.string() }) }),
});

/**
 * What S3 says when bytes arrive (event structure 2.x), and what we say in its stead. Read as the photos they are about; keys of other
 * shapes are none of ours.
 */
export const ingestMessage = z
  .object({ Records: z.array(record), sent_at: z.iso.datetime().optional() })
  .transform(({ Records, sent_at }) => ({
    photos: Records.map(({ s3 }): ImageKey | null => parseIncomingKey(decodeKey(s3.object.key))).filter(
      (key) => key !== null,
    ),
    /** S3 cannot say whose message it is: the queue does not know whom to be fair to. */
    anonymous: Records.some(({ eventSource }) => eventSource === 'aws:s3'),
    /** When S3 told of it, where that was before this message was sent. */
    toldAt: sent_at === undefined ? undefined : new Date(sent_at),
  }));

export type IngestMessage = z.output<typeof ingestMessage>;

/** S3 writes keys in its events as forms are written: `+` for a space, the rest percent-encoded. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
