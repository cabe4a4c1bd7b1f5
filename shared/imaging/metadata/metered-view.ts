/** Values read before a file is given up. Of 112 cameras' files half take 700 and the most 102,000. */
const MOST_READS = 4_000_000;

/**
 * A view that fails after a number of reads. A few bytes of a hostile file can claim that a tag is as long as the file, and
 * thousands of tags can claim so: the sum of all reads is what has to be bounded, and every reader reads through its view.
 */
export class MeteredView extends DataView<ArrayBuffer> {
  #left = MOST_READS;

  /** Looks at all of `bytes`, which are copied if they are a part of a larger buffer: readers slice the buffer itself. */
  static over(bytes: Uint8Array): MeteredView {
    const { buffer, byteLength } = bytes;
    const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    return new MeteredView(whole ? buffer : new Uint8Array(bytes).buffer);
  }

  override getUint8(at: number): number {
    this.#spend();
    return super.getUint8(at);
  }

  override getInt8(at: number): number {
    this.#spend();
    return super.getInt8(at);
  }

  override getUint16(at: number, littleEndian?: boolean): number {
    this.#spend();
    return super.getUint16(at, littleEndian);
  }

  override getInt16(at: number, littleEndian?: boolean): number {
    this.#spend();
    return super.getInt16(at, littleEndian);
  }

  override getUint32(at: number, littleEndian?: boolean): number {
    this.#spend();
    return super.getUint32(at, littleEndian);
  }

  override getInt32(at: number, littleEndian?: boolean): number {
    this.#spend();
    return super.getInt32(at, littleEndian);
  }

  #spend(): void {
    this.#left--;
    if (this.#left < 0) {
      throw new RangeError(`Expected metadata that takes at most ${MOST_READS} reads; this file claims more.`);
    }
  }
}
