/**
 * How an encrypted object is laid out: AES-GCM-HKDF Streaming of Tink, the STREAM construction of Hoang, Reyhanitabar, Rogaway and
 * Vizár (2015). A header, then segments that open each by itself; all are as long as the first one with the header, but the last.
 * https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
 */
export interface Scheme {
  /** Of the key that is derived for one object, and of its salt. */
  keyBytes: 16 | 32;
  hash: 'sha1' | 'sha256';
  /** Of a segment as it is stored. Less than that is read, opened and let go of at a time. */
  segmentBytes: number;
}

/**
 * What pictures are encrypted with. 64 KiB is what Node reads and S3 sends at a time: smaller segments cost calls (at 4 KiB a fifth of
 * the speed), larger ones bytes that a range did not ask for. The tags make an object 0.02 % longer.
 */
export const SCHEME: Scheme = { keyBytes: 32, hash: 'sha256', segmentBytes: 64 * 1024 };

export const TAG_BYTES = 16;
export const PREFIX_BYTES = 7;

/** An object in the bucket is not what was stored there: cut off, altered, put together anew, or another one's. */
export class DamagedObject extends Error {
  override name = 'DamagedObject';
}

/** Its own length, the salt, and what the nonces begin with. */
export const headerBytes = ({ keyBytes }: Scheme) => 1 + keyBytes + PREFIX_BYTES;

/** Where things are in an encrypted object of `stored` bytes. Throws `DamagedObject` where nothing that we write is as long. */
export function layoutOf(stored: number, scheme: Scheme = SCHEME) {
  const { segmentBytes } = scheme;
  const header = headerBytes(scheme);
  const segments = Math.max(1, Math.ceil(stored / segmentBytes));
  const tail = stored - (segments - 1) * segmentBytes - (segments === 1 ? header : 0);
  // Only what is empty as a whole has an empty segment.
  if (tail < TAG_BYTES + (segments === 1 ? 0 : 1)) throw new DamagedObject(`No object has ${stored} bytes`);
  const content = segmentBytes - TAG_BYTES;
  const startOf = (segment: number) => Math.max(0, segment * content - header);

  return {
    segments,
    /** Of what was encrypted. */
    bytes: stored - header - segments * TAG_BYTES,
    /** The segment the `offset`-th byte of the content is in. */
    segmentAt: (offset: number) => Math.floor((offset + header) / content),
    /** Where the content of a segment begins. */
    startOf,
    /** Where a segment is stored: of the first, what comes after the header. Both ends count. */
    storedAt: (segment: number) => ({
      from: segment === 0 ? header : segment * segmentBytes,
      to: Math.min(stored, (segment + 1) * segmentBytes) - 1,
    }),
  };
}
export type Layout = ReturnType<typeof layoutOf>;
