/**
 * What TIFF's directories say, read without decoding (TIFF 6.0, BigTIFF, Adobe DNG 1.7, TIFF/EP). Most cameras' raw files are
 * TIFF inside: a small picture first, the sensor's data behind it.
 */

interface Directory {
  /** NewSubfileType says that this is a smaller version of another picture. */
  reduced: boolean;
  sensorData: boolean;
  fromCamera: boolean;
  /** Offsets of the directories below this one. */
  below: number[];
}

export interface TiffContents {
  /** A camera's raw file rather than a picture to look at. */
  cameraRaw: boolean;
  /** The first page that is no smaller version of another one; 0 where all are. */
  page: number;
}

const TAG = { subfileType: 254, compression: 259, photometric: 262, make: 271, below: 330, dngVersion: 50706 } as const;
/** Colour filter array, and the same made linear. */
const SENSOR_PHOTOMETRIC = new Set([32803, 34892]);
/** Kodak, Sony, Nikon (packed and compressed), Samsung, Kodak, Adobe, Kodak, Pentax. */
const RAW_COMPRESSION = new Set([262, 32767, 32769, 32770, 32867, 34713, 34892, 65000, 65535]);

/** No file that is meant well has more. */
const MOST_DIRECTORIES = 16;
const MOST_ENTRIES = 1_000;
const BYTES_OF_TYPE: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

/** Looks through the first directories of a TIFF file. Never throws: what cannot be read is not there. */
export function readTiff(bytes: Uint8Array): TiffContents {
  try {
    return look(createReader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return { cameraRaw: false, page: 0 };
    throw error;
  }
}

function look(reader: Reader): TiffContents {
  const pages: Directory[] = [];
  const seen = new Set<number>();
  let cameraRaw = false;
  let at = reader.first;
  while (at > 0 && seen.size < MOST_DIRECTORIES && !seen.has(at)) {
    seen.add(at);
    const found = attempt(() => reader.read(at), undefined);
    if (!found) break;
    const { directory, next } = found;
    pages.push(directory);
    const below = directory.below.map((offset) => attempt(() => reader.read(offset).directory, undefined));
    cameraRaw ||= [directory, ...below].some((one) => one?.sensorData === true);
    at = next;
  }
  const [first] = pages;
  // Nikon's and others' first page is a thumbnail; the pictures it belongs to lie below it.
  if (first?.reduced && (first.fromCamera || first.below.length > 0)) cameraRaw = true;
  return {
    cameraRaw,
    page: Math.max(
      0,
      pages.findIndex(({ reduced }) => !reduced),
    ),
  };
}

/** Where the directories of a TIFF file are, one after another; those that go round are given once. Never throws. */
export function* tiffDirectories(bytes: Uint8Array): Generator<number> {
  const reader = attempt(() => createReader(bytes), undefined);
  const seen = new Set<number>();
  for (let at = reader?.first ?? 0; reader && at > 0 && at < bytes.length && !seen.has(at); ) {
    seen.add(at);
    yield at;
    const from = at;
    at = attempt(() => reader.next(from), 0);
  }
}

/** Offsets beyond the end make a `RangeError`; nobody needs the directory then. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return otherwise;
    throw error;
  }
}

type Reader = ReturnType<typeof createReader>;

function createReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint16(0, false) === 0x4949;
  const big = view.getUint16(2, little) === 43;
  const u16 = (at: number) => view.getUint16(at, little);
  const offset = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));

  /** The first `most` numbers of an entry of a whole-number type. */
  function numbers(entry: number, most: number): number[] {
    const size = BYTES_OF_TYPE[u16(entry + 2)];
    if (size === undefined) return [];
    const count = Math.min(offset(entry + 4), most);
    const room = big ? 8 : 4;
    const inline = entry + (big ? 12 : 8);
    const start = offset(entry + 4) * size <= room ? inline : offset(inline);
    return Array.from({ length: count }, (_, index) => {
      const at = start + index * size;
      if (size === 1) return view.getUint8(at);
      if (size === 2) return u16(at);
      return size === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little));
    });
  }

  return {
    /** Where the first directory is. */
    first: offset(big ? 8 : 4),

    /** Where the directory behind the one at `at` is (0: nowhere). Throws `RangeError` where the file ends first. */
    next: (at: number): number => offset(at + (big ? 8 + offset(at) * 20 : 2 + u16(at) * 12)),

    /** Reads the directory at `at` and where the next one is (0: nowhere). Throws `RangeError` where the file ends first. */
    read(at: number): { directory: Directory; next: number } {
      const entries = Math.min(big ? offset(at) : u16(at), MOST_ENTRIES);
      const start = at + (big ? 8 : 2);
      const size = big ? 20 : 12;
      const directory: Directory = { reduced: false, sensorData: false, fromCamera: false, below: [] };
      for (let index = 0; index < entries; index += 1) note(directory, start + index * size);
      return { directory, next: attempt(() => offset(start + entries * size), 0) };
    },
  };

  function note(directory: Directory, entry: number): void {
    const tag = u16(entry);
    if (tag === TAG.make) directory.fromCamera = true;
    else if (tag === TAG.dngVersion) directory.sensorData = true;
    else if (tag === TAG.below) directory.below = attempt(() => numbers(entry, MOST_DIRECTORIES), []);
    else if (tag === TAG.subfileType || tag === TAG.compression || tag === TAG.photometric) {
      const [value = 0] = attempt(() => numbers(entry, 1), []);
      if (tag === TAG.subfileType) directory.reduced = (value & 1) === 1;
      else if ((tag === TAG.photometric ? SENSOR_PHOTOMETRIC : RAW_COMPRESSION).has(value)) directory.sensorData = true;
    }
  }
}
