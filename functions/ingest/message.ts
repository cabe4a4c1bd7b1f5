import * as z from 'zod';
import type { ImageKey } from '../../shared/adapters/images.ts';
import { parseIncomingKey } from '../../shared/domain/object-keys.ts';

/**
 * What S3 says when bytes arrive (event structure 2.x), and what `sweep` says in its stead. Read as the photos they are about;
 * keys of other shapes are none of ours.
 */
export const ingestMessage = z
  .object({ Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })) })
  .transform(({ Records }): ImageKey[] =>
    Records.map(({ s3 }) => parseIncomingKey(decodeKey(s3.object.key))).filter((key) => key !== null),
  );

/** S3 writes keys in its events as forms are written: `+` for a space, the rest percent-encoded. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
