/** Bytes as they come: in pieces of any size. */
export type Bytes = AsyncIterable<Uint8Array>;

/** A file ends, or goes on, otherwise than its format says. What was written of it before is clean. */
export class BrokenFile extends Error {
  override name = 'BrokenFile';
}

/** Reads a stream by numbers of bytes, holding no more of it than a piece and what is asked for at once. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The piece at hand, not empty; `null` at the end. Nothing is taken from it. */
  async peek(): Promise<Uint8Array | null> {
    while (this.#held.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) return null;
      this.#held = value;
    }
    return this.#held;
  }

  /** Takes up to `most` bytes of the piece at hand. */
  async some(most: number): Promise<Uint8Array> {
    const held = await this.peek();
    if (!held) throw new BrokenFile('The file ends too soon');
    this.#held = held.subarray(most);
    return held.subarray(0, most);
  }

  /** Takes just so many bytes: for lengths that are bounded. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const piece = await this.some(length - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Takes that many bytes, in the pieces they come in. */
  async *through(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.some(left);
      left -= piece.length;
      yield piece;
    }
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.some(left)).length;
  }
}

export const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
export const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** EXIF of a single tag, Orientation (TIFF 6.0, little-endian): 26 bytes. */
export function orientationOnly(orientation: number): Uint8Array {
  const tiff = new DataView(new ArrayBuffer(26));
  tiff.setUint32(0, 0x49492a00);
  tiff.setUint32(4, 8, true);
  tiff.setUint16(8, 1, true);
  tiff.setUint16(10, 0x0112, true);
  tiff.setUint16(12, 3, true);
  tiff.setUint32(14, 1, true);
  tiff.setUint16(18, orientation, true);
  return new Uint8Array(tiff.buffer);
}
