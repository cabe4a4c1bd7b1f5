/** Where the parts of a picture's file begin and end, as its format divides it, and where it says how long they are. */

export interface Piece {
  start: number;
  end: number;
  /** Where a length, count or offset stands that a decoder goes by. */
  length: { at: number; bytes: 1 | 2 | 4; little: boolean };
}

/** So many are enough to choose from. */
const MOST_PIECES = 2_000;

/** Divides a file by the format its first bytes tell of; of others, and of what cannot be read any more, there are none. */
export function piecesOf(file: Buffer): Piece[] {
  const pieces: Piece[] = [];
  for (const piece of divide(file)) {
    if (piece.end > file.length || piece.start >= piece.end) break;
    pieces.push(piece);
    if (pieces.length >= MOST_PIECES) break;
  }
  return pieces;
}

function divide(file: Buffer): Iterable<Piece> {
  if (file.length < 16) return [];
  const head = file.toString('latin1', 0, 12);
  if (head.startsWith('\xff\xd8')) return jpegSegments(file);
  if (head.startsWith('\x89PNG')) return pngChunks(file);
  if (head.startsWith('RIFF')) return riffChunks(file);
  if (head.startsWith('GIF8')) return gifBlocks(file);
  if (head.startsWith('II') || head.startsWith('MM')) return tiffEntries(file);
  if (head.slice(4, 8) === 'ftyp') return isoBoxes(file, 0, file.length);
  return [];
}

function* jpegSegments(file: Buffer): Generator<Piece> {
  let at = 2;
  while (at + 4 <= file.length && file[at] === 0xff) {
    const end = at + 2 + file.readUInt16BE(at + 2);
    yield { start: at, end, length: { at: at + 2, bytes: 2, little: false } };
    // Behind the scan's header come its data.
    if (file[at + 1] === 0xda) return;
    at = end;
  }
}

function* pngChunks(file: Buffer): Generator<Piece> {
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 12 + file.readUInt32BE(at);
    yield { start: at, end, length: { at, bytes: 4, little: false } };
    at = end;
  }
}

function* riffChunks(file: Buffer): Generator<Piece> {
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    yield { start: at, end, length: { at: at + 4, bytes: 4, little: true } };
    at = end;
  }
}

/** Extensions and frames, each with the sub-blocks behind it. */
function* gifBlocks(file: Buffer): Generator<Piece> {
  const table = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  let at = 13 + table(file[10] ?? 0);
  while (at + 2 < file.length) {
    const start = at;
    if (file[at] === 0x21) at += 2;
    else if (file[at] === 0x2c) at += 11 + table(file[at + 9] ?? 0);
    else return;
    const first = at;
    while (at < file.length && file[at] !== 0) at += 1 + (file[at] ?? 0);
    at += 1;
    yield { start, end: at, length: { at: first, bytes: 1, little: false } };
  }
}

/** Entries of the first directories: what is said to be long is how many values each has. */
function* tiffEntries(file: Buffer): Generator<Piece> {
  const little = file[0] === 0x49;
  const u16 = (at: number) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number) => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const seen = new Set<number>();
  let at = u32(4);
  while (at > 0 && at + 2 <= file.length && !seen.has(at)) {
    seen.add(at);
    const count = u16(at);
    for (let entry = 0; entry < count; entry += 1) {
      const start = at + 2 + entry * 12;
      yield { start, end: start + 12, length: { at: start + (entry % 2 === 0 ? 4 : 8), bytes: 4, little } };
    }
    const next = at + 2 + count * 12;
    if (next + 4 > file.length) return;
    at = u32(next);
  }
}

/** Boxes that hold nothing but boxes, with the bytes that come before those. */
const HOLDERS: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0, moov: 0, trak: 0, iref: 4, dinf: 0 };

function* isoBoxes(file: Buffer, from: number, to: number): Generator<Piece> {
  for (let at = from; at + 8 <= to; ) {
    const size = file.readUInt32BE(at);
    const end = size === 0 ? to : at + size;
    if (size !== 0 && size < 8) return;
    yield { start: at, end, length: { at, bytes: 4, little: false } };
    const skip = HOLDERS[file.toString('latin1', at + 4, at + 8)];
    if (skip !== undefined && end <= to) yield* isoBoxes(file, at + 8 + skip, end);
    at = end;
  }
}
