import { MAX_PARTS } from './parts.ts';

/**
 * What the boxes of a HEIC or AVIF file say before anything is decoded (ISO/IEC 14496-12 and 23008-12): how large every picture
 * in it is, how much must be decoded to show the primary one, its colour space, and how many frames there are.
 */

export interface PictureSize {
  width: number;
  height: number;
}

/** Code points of ISO/IEC 23091-2. */
export interface Nclx {
  primaries: number;
  transfer: number;
}

export interface IsoPicture {
  /** Of the primary picture as seen: cropped and turned. Absent where there is none, as in some sequences. */
  size?: PictureSize;
  /** Of every picture, also of tiles, thumbnails and auxiliary ones. */
  sizes: PictureSize[];
  /** Pixels that are decoded to show the primary picture: those of every tile, as often as it is used. */
  decodedPixels: number;
  /** Frames of an image sequence, or pictures of a burst; 1 of any other file. */
  frames: number;
  /** Boxes that were gone over to know this; where they are more than {@link MAX_PARTS}, the rest was not looked at. */
  boxes: number;
  icc?: Uint8Array;
  nclx?: Nclx;
}

interface Box {
  type: string;
  /** Of the content. */
  start: number;
  end: number;
}

interface Reference {
  type: string;
  from: number;
  to: number[];
}

/** Items are a few dozen in a phone's picture, one for each tile. */
const MOST_ITEMS = 100_000;
/** Grids of overlays of grids: no camera goes deeper than one. */
const DEEPEST = 4;
/** Pictures made from others. */
const DERIVED = new Set(['grid', 'iovl', 'iden', 'tmap']);

/** Reads the boxes. Never throws: what cannot be read is not there, and the decoder will say so. */
export function readIsoPicture(bytes: Uint8Array): IsoPicture {
  const picture: IsoPicture = { sizes: [], decodedPixels: 0, frames: 1, boxes: 0 };
  const file = createBoxes(bytes, picture);
  try {
    for (const box of file.within(0, bytes.length)) {
      if (box.type === 'meta') readMeta(file, box, picture);
      if (box.type === 'moov') picture.frames = Math.max(picture.frames, sequenceFrames(file, box));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return picture;
}

type Boxes = ReturnType<typeof createBoxes>;

function createBoxes(bytes: Uint8Array, walked: Pick<IsoPicture, 'boxes'>) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at);
  const fourCc = (at: number) => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');

  function* within(start: number, end: number): Generator<Box> {
    let at = start;
    while (at + 8 <= end) {
      const short = u32(at);
      const head = short === 1 ? 16 : 8;
      const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - at : short;
      if (size < head) return;
      walked.boxes += 1;
      if (walked.boxes > MAX_PARTS) throw new RangeError(`Expected at most ${MAX_PARTS} boxes`);
      yield { type: fourCc(at + 4), start: at + head, end: Math.min(at + size, end) };
      at += size;
    }
  }

  return {
    u8: (at: number) => view.getUint8(at),
    u16: (at: number) => view.getUint16(at),
    u32,
    fourCc,
    /** An id or index of 2 or 4 bytes. */
    number: (at: number, wide: boolean) => (wide ? u32(at) : view.getUint16(at)),
    slice: (start: number, end: number) => bytes.slice(start, end),
    within,
    find(parent: Box, type: string, skip = 0): Box | undefined {
      for (const box of within(parent.start + skip, parent.end)) if (box.type === type) return box;
      return undefined;
    },
  };
}

/** Bytes of version and flags at the start of many boxes. */
const FULL = 4;

function readMeta(file: Boxes, meta: Box, picture: IsoPicture): void {
  const find = (type: string) => file.find(meta, type, FULL);
  const pitm = find('pitm');
  const primary = pitm ? file.number(pitm.start + FULL, file.u8(pitm.start) > 0) : undefined;
  const iprp = find('iprp');
  const ipco = iprp && file.find(iprp, 'ipco');
  const properties = ipco ? [...file.within(ipco.start, ipco.end)] : [];
  const ipma = iprp && file.find(iprp, 'ipma');
  const associated = ipma ? associations(file, ipma) : new Map<number, number[]>();
  const propertiesOf = (item: number) =>
    (associated.get(item) ?? []).map((index) => properties[index - 1]).filter((box) => box !== undefined);
  const sizeOf = (box: Box): PictureSize => ({
    width: file.u32(box.start + FULL),
    height: file.u32(box.start + FULL + 4),
  });
  picture.sizes = properties.filter(({ type }) => type === 'ispe').map(sizeOf);
  if (primary === undefined) return;

  for (const box of propertiesOf(primary)) {
    if (box.type === 'ispe') picture.size = sizeOf(box);
    else if (box.type === 'colr') readColour(file, box, picture);
    else if (picture.size) picture.size = transformed(file, box, picture.size);
  }
  const iinf = find('iinf');
  const types = iinf ? itemTypes(file, iinf) : new Map<number, string>();
  const iref = find('iref');
  const references = iref ? itemReferences(file, iref) : [];
  const pixelsOf = (item: number): number => {
    const ispe = propertiesOf(item).find(({ type }) => type === 'ispe');
    return ispe ? sizeOf(ispe).width * sizeOf(ispe).height : 0;
  };
  picture.decodedPixels = decodedPixels(primary, types, references, pixelsOf);
  const grpl = find('grpl');
  if (grpl) picture.frames = Math.max(picture.frames, burstPictures(file, grpl, primary));
}

function readColour(file: Boxes, { start, end }: Box, picture: IsoPicture): void {
  const kind = file.fourCc(start);
  if (kind === 'nclx') picture.nclx = { primaries: file.u16(start + 4), transfer: file.u16(start + 6) };
  if (kind === 'prof' || kind === 'rICC') picture.icc = file.slice(start + 4, end);
}

/** A picture's size after one of its properties, which apply in their order: it may crop or turn. */
function transformed(file: Boxes, { type, start }: Box, { width, height }: PictureSize): PictureSize {
  if (type === 'irot' && file.u8(start) % 2 === 1) return { width: height, height: width };
  if (type !== 'clap') return { width, height };
  const share = (at: number) => Math.round(file.u32(start + at) / Math.max(1, file.u32(start + at + 4)));
  return { width: Math.min(width, share(0)), height: Math.min(height, share(8)) };
}

/** Which properties (counted from 1) each item has. */
function associations(file: Boxes, { start, end }: Box): Map<number, number[]> {
  const wideId = file.u8(start) > 0;
  const wideIndex = (file.u8(start + 3) & 1) === 1;
  const found = new Map<number, number[]>();
  let at = start + FULL + 4;
  for (let left = Math.min(file.u32(start + FULL), MOST_ITEMS); left > 0 && at < end; left -= 1) {
    const item = file.number(at, wideId);
    at += wideId ? 4 : 2;
    const count = file.u8(at);
    at += 1;
    const step = wideIndex ? 2 : 1;
    const indexes = Array.from({ length: count }, (_, index) =>
      wideIndex ? file.u16(at + index * 2) & 0x7fff : file.u8(at + index) & 0x7f,
    );
    at += count * step;
    found.set(item, indexes);
  }
  return found;
}

function itemTypes(file: Boxes, { start, end }: Box): Map<number, string> {
  const types = new Map<number, string>();
  for (const { type, start: at } of file.within(start + FULL + (file.u8(start) > 0 ? 4 : 2), end)) {
    const version = file.u8(at);
    if (type !== 'infe' || version < 2) continue;
    const wide = version > 2;
    types.set(file.number(at + FULL, wide), file.fourCc(at + FULL + (wide ? 6 : 4)));
    if (types.size >= MOST_ITEMS) break;
  }
  return types;
}

function itemReferences(file: Boxes, { start, end }: Box): Reference[] {
  const wide = file.u8(start) > 0;
  const step = wide ? 4 : 2;
  const references: Reference[] = [];
  for (const { type, start: at, end: last } of file.within(start + FULL, end)) {
    const count = Math.min(file.u16(at + step), Math.floor((last - at) / step));
    const to = Array.from({ length: count }, (_, index) => file.number(at + step + 2 + index * step, wide));
    references.push({ type, from: file.number(at, wide), to });
    if (references.length >= MOST_ITEMS) break;
  }
  return references;
}

/** Adds up the primary picture and the auxiliary ones (transparency) that belong to it. */
function decodedPixels(
  primary: number,
  types: ReadonlyMap<number, string>,
  references: readonly Reference[],
  pixelsOf: (item: number) => number,
): number {
  const inputs = new Map<number, number[]>();
  for (const { type, from, to } of references) if (type === 'dimg') inputs.set(from, to);
  const known = new Map<number, number>();
  const work = (item: number, depth: number): number => {
    const before = known.get(item);
    if (before !== undefined) return before;
    const parts = DERIVED.has(types.get(item) ?? '') ? (inputs.get(item) ?? []) : [];
    if (depth > DEEPEST) return Number.POSITIVE_INFINITY;
    const pixels = parts.length === 0 ? pixelsOf(item) : parts.reduce((sum, part) => sum + work(part, depth + 1), 0);
    known.set(item, pixels);
    return pixels;
  };
  const auxiliary = references.filter(({ type, to }) => type === 'auxl' && to.includes(primary));
  return [primary, ...auxiliary.map(({ from }) => from)].reduce((sum, item) => sum + work(item, 0), 0);
}

/** How many pictures were taken in the burst that the primary one belongs to. */
function burstPictures(file: Boxes, grpl: Box, primary: number): number {
  for (const { type, start, end } of file.within(grpl.start, grpl.end)) {
    if (type !== 'brst') continue;
    const first = start + FULL + 8;
    const count = Math.min(file.u32(first - 4), Math.floor((end - first) / 4));
    const entities = Array.from({ length: count }, (_, index) => file.u32(first + index * 4));
    if (entities.includes(primary)) return count;
  }
  return 1;
}

/** Samples of the longest track of pictures. */
function sequenceFrames(file: Boxes, moov: Box): number {
  let frames = 1;
  for (const trak of file.within(moov.start, moov.end)) {
    const mdia = trak.type === 'trak' ? file.find(trak, 'mdia') : undefined;
    const hdlr = mdia && file.find(mdia, 'hdlr');
    if (!hdlr || file.fourCc(hdlr.start + FULL + 4) !== 'pict') continue;
    const minf = file.find(mdia, 'minf');
    const stbl = minf && file.find(minf, 'stbl');
    const sizes = stbl && (file.find(stbl, 'stsz') ?? file.find(stbl, 'stz2'));
    if (sizes) frames = Math.max(frames, file.u32(sizes.start + FULL + 4));
  }
  return frames;
}
