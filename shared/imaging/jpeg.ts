const SCAN = 0xda;

/**
 * Where the segments of a JPEG begin, one after another, up to and including its first scan (ITU-T T.81, annex B). What is no marker is passed
 * over, as decoders do. Never throws: where the file ends too early, so does the walk.
 */
export function* jpegSegments(bytes: Uint8Array): Generator<number> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff) {
      at += 1;
      continue;
    }
    yield at;
    if (bytes[at + 1] === SCAN) return;
    at += 2 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
  }
}

/** The part of a JPEG that comes before its pixels; all of it where none come. */
export function jpegHead<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  for (const at of jpegSegments(bytes)) {
    if (bytes[at + 1] === SCAN) return bytes.subarray(0, at) as Bytes;
  }
  return bytes;
}
