import type { Corpus } from '../../../shared/domain/search/bm25.ts';
import type { Ranked } from '../../../shared/domain/search/fuse.ts';
import { type Ranks, ranksKept } from '../../../shared/domain/search/ranks.ts';

/** A photo near to the query in meaning. */
export interface MeaningHit {
  image_id: string;
  /** Cosine similarity in hundredths. */
  percent: number;
}

/** What a ranked search found out when it began: with it every later page orders its hits in the same way, without asking again. */
export interface Frozen {
  /** Photos made later (milliseconds of their UUIDv7) are left out. */
  asOf: number;
  /** `null`: the model did not answer. Best first. */
  meaning: MeaningHit[] | null;
  corpus: Corpus;
  wordRanks: Ranks;
  colorRanks: Ranks;
}

/** Where the page ended. */
export interface RankedPosition {
  frozen: Frozen;
  after: Ranked;
}

/** No list is read further, so that no rank is greater. */
const MOST_RANKED = 100_000;
const ID_BYTES = 16;

/** About 2.2 KB at the most: 100 hits of 17 bytes, two lists of ranks of some 230 bytes, and what is left. */
export function encodeRanked({ frozen, after }: RankedPosition): Uint8Array {
  const { asOf, meaning, corpus, wordRanks, colorRanks } = frozen;
  const head = Buffer.alloc(24);
  head.writeUIntBE(asOf, 0, 6);
  head.writeUInt8(meaning ? 1 : 0, 6);
  head.writeUInt8(meaning?.length ?? 0, 7);
  head.writeUInt32BE(corpus.documents, 8);
  head.writeFloatBE(corpus.averageLength, 12);
  head.writeDoubleBE(after.score, 16);
  const frequencies = Uint16Array.from(corpus.frequencies);
  return Buffer.concat([
    head,
    idBytes(after.image_id),
    ...(meaning ?? []).flatMap(({ image_id, percent }) => [idBytes(image_id), Buffer.of(percent)]),
    Buffer.of(frequencies.length),
    ...[...frequencies].map((frequency) => Buffer.of(frequency >> 8, frequency & 255)),
    encodeRanks(wordRanks),
    encodeRanks(colorRanks),
  ]);
}

/** The inverse of {@link encodeRanked}; `null` for what that did not make. */
export function decodeRanked(bytes: Buffer): RankedPosition | null {
  try {
    return readRanked(bytes);
  } catch (error) {
    // Shorter than it says.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readRanked(bytes: Buffer): RankedPosition | null {
  let at = 0;
  const advance = (count: number) => {
    at += count;
    return at - count;
  };
  const id = () => idText(bytes, advance(ID_BYTES));
  const list = <T>(length: number, read: () => T) => Array.from({ length }, read);
  const ranks = (): Ranks => {
    const count = bytes.readUInt32BE(advance(4));
    if (count > MOST_RANKED) throw new RangeError(`Expected at most ${MOST_RANKED} ranks, received ${count}.`);
    return { count, scores: Float32Array.from(ranksKept(count), () => bytes.readFloatBE(advance(4))) };
  };

  const asOf = bytes.readUIntBE(advance(6), 6);
  const searched = bytes.readUInt8(advance(1)) === 1;
  const hits = bytes.readUInt8(advance(1));
  const documents = bytes.readUInt32BE(advance(4));
  const averageLength = bytes.readFloatBE(advance(4));
  const score = bytes.readDoubleBE(advance(8));
  const after = { score, image_id: id() };
  const meaning = list(hits, () => ({ image_id: id(), percent: bytes.readUInt8(advance(1)) }));
  const frequencies = list(bytes.readUInt8(advance(1)), () => bytes.readUInt16BE(advance(2)));
  const frozen = {
    asOf,
    meaning: searched ? meaning : null,
    corpus: { documents, averageLength, frequencies },
    wordRanks: ranks(),
    colorRanks: ranks(),
  };
  const sound = at === bytes.length && Number.isFinite(score) && Number.isFinite(averageLength);
  return sound ? { frozen, after } : null;
}

function encodeRanks({ count, scores }: Ranks): Buffer {
  const bytes = Buffer.alloc(4 + 4 * scores.length);
  bytes.writeUInt32BE(count);
  scores.forEach((score, index) => {
    bytes.writeFloatBE(score, 4 + 4 * index);
  });
  return bytes;
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function idText(bytes: Buffer, at: number): string {
  if (at + ID_BYTES > bytes.length) throw new RangeError('Expected an id, received the end.');
  return bytes.toString('hex', at, at + ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
