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
export const ingestMessage = z.object({ Records: z.array(record) }).transform(({ Records }) => ({
  photos: Records.map(({ s3 }): ImageKey | null => parseIncomingKey(decodeKey(s3.object.key))).filter(
    (key) => key !== null,
  ),
  /** S3 cannot say whose message it is: the queue does not know whom to be fair to. */
  anonymous: Records.some(({ eventSource }) => eventSource === 'aws:s3'),
}));

/** S3 writes keys in its events as forms are written: `+` for a space, the rest percent-encoded. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
