import { createRequire } from 'node:module';

export interface HeifPixels {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
  /** 8 bits each. */
  channels: 3 | 4;
  premultiplied: boolean;
}

/** libheif refused the file; `unsupported` where it has no decoder for this kind of compression. */
export class HeifError extends Error {
  override readonly name = 'HeifError';
  readonly unsupported: boolean;

  constructor(message: string, unsupported = false, options?: ErrorOptions) {
    super(message, options);
    this.unsupported = unsupported;
  }
}

/**
 * The part of libheif's C interface that is used: pointers are numbers, and errors are written to where the first one points. Nothing
 * is freed: the whole instance goes with its thread.
 */
interface LibHeif {
  HEAPU8: Uint8Array;
  HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_set_maximum_image_size_limit(context: number, side: number): void;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    bytes: number,
    length: number,
    options: number,
  ): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_decoding_options_alloc(): number;
  _heif_decode_image(
    error: number,
    handle: number,
    image: number,
    colorspace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_plane(image: number, channel: number, stride: number): number;
  _heif_image_is_premultiplied_alpha(image: number): number;
}

const COLORSPACE_RGB = 1;
const CHROMA_RGB = 10;
const CHROMA_RGBA = 11;
const CHANNEL_INTERLEAVED = 10;
/** `heif_error_Unsupported_filetype`, `heif_error_Unsupported_feature`, `heif_error_Plugin_loading_error`. */
const UNSUPPORTED = new Set([3, 4, 11]);
/** Where `strict_decoding` is in `heif_decoding_options` (since its version 3): a missing tile is then an error, not a grey patch. */
const STRICT_DECODING = 21;
const require = createRequire(import.meta.url);

/** libheif comes from the layer, as sharp does, and is loaded only for those photos that need it. */
function create(): LibHeif {
  const factory: (settings: object) => LibHeif = require('libheif-js/libheif-wasm/libheif-bundle.js');
  // It would write to the function's log what is an ordinary answer to a broken file.
  return factory({ print: () => {}, printErr: () => {} });
}

/**
 * Decodes the primary picture of a HEIC file, upright, in the file's own colours; `mostPixels` bounds each picture in it, as its
 * header and as its data has it. The call blocks (about 90 ms a megapixel, and longer where a file is made to) and what it has
 * allocated is never given back: it belongs in a thread of its own, see `heif-thread.ts`. Throws `HeifError`.
 */
export function decodePrimary(file: Uint8Array, mostPixels: number): HeifPixels {
  try {
    return decodeWith(create(), file, mostPixels);
  } catch (error) {
    if (error instanceof HeifError) throw error;
    // Out of memory, or a trap: C++ exceptions come as numbers.
    throw new HeifError('libheif broke off', false, { cause: error });
  }
}

function decodeWith(heif: LibHeif, file: Uint8Array, mostPixels: number): HeifPixels {
  const context = heif._heif_context_alloc();
  const bytes = heif._malloc(file.length);
  // Room for an error (three words) and for one word that a call answers.
  const error = heif._malloc(16);
  const answer = error + 12;
  const answered = () => heif.HEAPU32[answer >>> 2] ?? 0;
  const check = () => {
    const code = heif.HEAPU32[error >>> 2] ?? 0;
    if (code !== 0) throw new HeifError(messageAt(heif, heif.HEAPU32[(error >>> 2) + 2] ?? 0), UNSUPPORTED.has(code));
  };
  if (context === 0 || bytes === 0 || error === 0) throw new HeifError('libheif has not enough memory for the file');

  heif.HEAPU8.set(file, bytes);
  heif._heif_context_set_maximum_image_size_limit(context, Math.floor(Math.sqrt(mostPixels)));
  heif._heif_context_read_from_memory_without_copy(error, context, bytes, file.length, 0);
  check();
  const options = heif._heif_decoding_options_alloc();
  heif.HEAPU8[options + STRICT_DECODING] = 1;
  heif._heif_context_get_primary_image_handle(error, context, answer);
  check();
  const handle = answered();
  const chroma = heif._heif_image_handle_has_alpha_channel(handle) ? CHROMA_RGBA : CHROMA_RGB;
  heif._heif_decode_image(error, handle, answer, COLORSPACE_RGB, chroma, options);
  check();
  const image = answered();
  const width = heif._heif_image_get_width(image, CHANNEL_INTERLEAVED);
  const height = heif._heif_image_get_height(image, CHANNEL_INTERLEAVED);
  const plane = heif._heif_image_get_plane(image, CHANNEL_INTERLEAVED, answer);
  if (!(plane > 0 && width > 0 && height > 0)) throw new HeifError('libheif answered no pixels');
  const channels = chroma === CHROMA_RGBA ? 4 : 3;
  return {
    data: packed(heif.HEAPU8, plane, width * channels, answered(), height),
    width,
    height,
    channels,
    premultiplied: heif._heif_image_is_premultiplied_alpha(image) !== 0,
  };
}

/** A copy of rows that lie `stride` bytes apart, without the gaps. */
function packed(memory: Uint8Array, start: number, row: number, stride: number, rows: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(row * rows);
  for (let y = 0; y < rows; y += 1) {
    out.set(memory.subarray(start + y * stride, start + y * stride + row), y * row);
  }
  return out;
}

function messageAt(heif: LibHeif, at: number): string {
  const end = heif.HEAPU8.indexOf(0, at);
  return Buffer.from(heif.HEAPU8.subarray(at, Math.min(end < 0 ? at : end, at + 200))).toString('latin1');
}
