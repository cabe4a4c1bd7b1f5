import { crc32, deflateSync } from 'node:zlib';
import type { Random } from '../../shared/domain/clustering/random.ts';
import { type Piece, piecesOf } from './pieces.ts';

/** How a file is changed. Each answers other bytes, made of nothing but the file, the other one and the source of numbers. */
type Change = (file: Buffer, other: Buffer, random: Random) => Buffer;

const upTo = (random: Random, most: number) => Math.floor(random() * most);
const oneOf = <T>(choices: readonly T[], random: Random): T | undefined => choices[upTo(random, choices.length)];
/** Small numbers often, large ones now and then. */
const few = (random: Random, most: number) => 1 + Math.floor(most ** random() - 1);

/** What a file grows to at the most. */
const LARGEST = 12 * 1024 * 1024;
/** Lengths that decoders stumble over. */
const ODD = [0, 1, 2, 7, 8, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

export const CHANGES: Readonly<Record<string, Change>> = {
  'flips bits'(file, _, random) {
    const bytes = Buffer.from(file);
    // Headers are where decoders decide: half of the flips are there.
    for (let left = few(random, 64); left > 0 && bytes.length > 0; left -= 1) {
      const at = upTo(random, random() < 0.5 ? Math.min(bytes.length, 1_024) : bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(random, 8));
    }
    return bytes;
  },

  'writes odd bytes'(file, _, random) {
    const bytes = Buffer.from(file);
    for (let left = few(random, 16); left > 0 && bytes.length > 4; left -= 1) {
      bytes.writeUInt32BE(oneOf(ODD, random) ?? 0, upTo(random, bytes.length - 4));
    }
    return bytes;
  },

  truncates: (file, _, random) => file.subarray(0, upTo(random, file.length)),

  'takes bytes out'(file, _, random) {
    const from = upTo(random, file.length);
    return Buffer.concat([file.subarray(0, from), file.subarray(from + few(random, 4_096))]);
  },

  'repeats a piece'(file, _, random) {
    const piece = anyPiece(file, random);
    const bytes = file.subarray(piece.start, piece.end);
    const times = Math.min(few(random, 200_000), Math.floor((LARGEST - file.length) / bytes.length));
    return insert(file, piece.end, Array<Buffer>(Math.max(1, times)).fill(bytes));
  },

  'leaves a piece out'(file, _, random) {
    const { start, end } = anyPiece(file, random);
    return Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  },

  'exchanges pieces'(file, _, random) {
    const [first, second] = [anyPiece(file, random), anyPiece(file, random)].sort((a, b) => a.start - b.start);
    if (!first || !second || first.end > second.start) return file.subarray(0, -1);
    const part = ({ start, end }: Piece) => file.subarray(start, end);
    const between = file.subarray(first.end, second.start);
    return Buffer.concat([
      file.subarray(0, first.start),
      part(second),
      between,
      part(first),
      file.subarray(second.end),
    ]);
  },

  'says another length'(file, _, random) {
    const bytes = Buffer.from(file);
    for (let left = few(random, 8); left > 0; left -= 1) {
      const { at, bytes: size, little } = anyPiece(file, random).length;
      if (at + size > bytes.length) continue;
      const before = little ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
      const near = before + upTo(random, 9) - 4;
      const value = random() < 0.5 ? near : (oneOf(ODD, random) ?? 0);
      const fitting = ((value % 2 ** (8 * size)) + 2 ** (8 * size)) % 2 ** (8 * size);
      if (little) bytes.writeUIntLE(fitting, at, size);
      else bytes.writeUIntBE(fitting, at, size);
    }
    return bytes;
  },

  'goes on as another file': (file, other, random) =>
    Buffer.concat([file.subarray(0, upTo(random, file.length)), other.subarray(upTo(random, other.length))]),

  'holds a piece of another file'(file, other, random) {
    const { start, end } = anyPiece(other, random);
    return insert(file, anyPiece(file, random).end, [other.subarray(start, end)]);
  },

  'is followed by another file': (file, other) => Buffer.concat([file, other]),

  'says more about itself': (file, _, random) => insert(file, afterHeader(file), [metadata(file, random)]),
};

/** Of a file without pieces: any stretch of it. */
function anyPiece(file: Buffer, random: Random): Piece {
  const piece = oneOf(piecesOf(file), random);
  if (piece) return piece;
  const start = upTo(random, Math.max(1, file.length - 4));
  return {
    start,
    end: Math.min(file.length, start + few(random, 4_096)),
    length: { at: start, bytes: 2, little: false },
  };
}

function insert(file: Buffer, at: number, bytes: readonly Buffer[]): Buffer {
  return Buffer.concat([file.subarray(0, at), ...bytes, file.subarray(at)]);
}

const afterHeader = (file: Buffer) => (file[0] === 0xff ? 2 : (piecesOf(file)[0]?.end ?? file.length));

/** Much of what a format keeps beside the pixels: large, many, nested or compressed. */
function metadata(file: Buffer, random: Random): Buffer {
  const size = few(random, 4 * 1024 * 1024);
  const kinds = [() => exifOf(few(random, 65_535)), () => xmpOf(size), () => Buffer.alloc(size, 'A')];
  const block = oneOf(kinds, random)?.() ?? Buffer.alloc(size);
  if (file[0] === 0xff) {
    const segments: Buffer[] = [];
    for (let at = 0; at < block.length; at += 60_000) {
      const part = Buffer.concat([
        Buffer.from(oneOf(['Exif\0\0', 'ICC_PROFILE\0\x01\x01'], random) ?? ''),
        block.subarray(at, at + 60_000),
      ]);
      const head = Buffer.from([0xff, random() < 0.5 ? 0xe1 : 0xe2, 0, 0]);
      head.writeUInt16BE(part.length + 2, 2);
      segments.push(head, part);
    }
    return Buffer.concat(segments);
  }
  if (file[0] === 0x89) {
    const compressed = deflateSync(block);
    return (
      oneOf(
        [
          () => pngChunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), block])),
          () => pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), compressed])),
          () => pngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), compressed])),
          () => pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), compressed])),
          () => pngChunk('eXIf', block),
          () => Buffer.concat(Array<Buffer>(Math.ceil(size / 13)).fill(pngChunk('tEXt', Buffer.from('k\0')))),
        ],
        random,
      )?.() ?? Buffer.alloc(0)
    );
  }
  const head = Buffer.alloc(8);
  if (file.toString('latin1', 0, 4) === 'RIFF') {
    head.write(oneOf(['EXIF', 'XMP ', 'ICCP', 'ANIM'], random) ?? 'EXIF', 'latin1');
    head.writeUInt32LE(block.length, 4);
    return Buffer.concat([head, block, Buffer.alloc(block.length % 2)]);
  }
  head.writeUInt32BE(block.length + 8, 0);
  head.write(oneOf(['uuid', 'free', 'meta', 'mdat'], random) ?? 'free', 4, 'latin1');
  return Buffer.concat([head, block]);
}

/** A directory of so many entries, each of which claims much. */
function exifOf(entries: number): Buffer {
  const bytes = Buffer.alloc(14 + entries * 12);
  bytes.write('II*\0\x08\0\0\0', 'latin1');
  bytes.writeUInt16LE(entries, 8);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = 10 + entry * 12;
    bytes.writeUInt16LE(0x010e + (entry % 500), at);
    bytes.writeUInt16LE(2, at + 2);
    bytes.writeUInt32LE(bytes.length, at + 4);
    bytes.writeUInt32LE(entry, at + 8);
  }
  return bytes;
}

function xmpOf(size: number): Buffer {
  const depth = Math.min(Math.floor(size / 12), 20_000);
  const text = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${'<a b="c">'.repeat(depth)}${'</a>'.repeat(depth)}</x:xmpmeta>`;
  return Buffer.from(`http://ns.adobe.com/xap/1.0/\0${text}`, 'latin1');
}

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), data.length + 8);
  return chunk;
}

/** With checksums that fit again, so that what was changed is looked at by more than the one who checks them. */
function withChecksums(png: Buffer): Buffer {
  const bytes = Buffer.from(png);
  for (const { start, end } of piecesOf(bytes)) bytes.writeUInt32BE(crc32(bytes.subarray(start + 4, end - 4)), end - 4);
  return bytes;
}

export interface Mutant {
  bytes: Buffer;
  /** What was done to the file, in words. */
  how: string;
}

/** Changes a file, once or a few times. The same files and numbers give the same bytes. */
export function mutate(file: Buffer, other: Buffer, random: Random): Mutant {
  const names = Object.keys(CHANGES);
  const done: string[] = [];
  let bytes = file;
  for (let left = random() < 0.6 ? 1 : 1 + upTo(random, 3); left > 0; left -= 1) {
    const name = oneOf(names, random) ?? '';
    if (bytes.length < 32 || bytes.length > LARGEST) break;
    bytes = CHANGES[name]?.(bytes, other, random) ?? bytes;
    done.push(name);
  }
  if (bytes[0] === 0x89 && random() < 0.7) bytes = withChecksums(bytes);
  return { bytes, how: done.join(', ') };
}

/** The number that all of one mutant comes from: its file, its turn, and the run's seed (FNV-1a). */
export function seedOf(seed: number, file: string, turn: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed}:${turn}:${file}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
