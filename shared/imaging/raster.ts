import type { Sharp } from 'sharp';
import { FORMAT_NAMES, NOT_SHOWN_BY_BROWSERS, type PictureFormat } from './format.ts';
import { giveBack } from './give-back.ts';
import { decodeHeic } from './heic.ts';
import { HeifTimeout } from './heif-thread.ts';
import { type IsoPicture, readIsoPicture } from './iso-media.ts';
import { HeifError } from './libheif.ts';
import { matrixProfileOf } from './matrix-profile.ts';
import { countParts, MAX_FRAMES, MAX_PARTS, type Parts } from './parts.ts';
import { sharp } from './sharp.ts';
import { readTiff } from './tiff.ts';
import { UnacceptablePicture } from './unacceptable.ts';
import { isWide, profileToSrgb, toSrgb } from './wide-colour.ts';

/** 8-bit sRGB pixels, rows from the top, upright. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
  /** 3 is RGB, 4 is RGBA (not premultiplied). */
  channels: 3 | 4;
}

/** What a picture's header says. */
export interface Measured {
  /** As seen: orientation applied. */
  width: number;
  height: number;
  /** EXIF orientation, 1–8, that is left to apply: 1 where the decoder does (HEIC, AVIF). */
  orientation: number;
  /** Of an animation, a sequence or a burst; pages of a TIFF file. */
  frames: number;
}

/** What one decoding of a picture gives. */
export interface Decoded {
  /** Of at most {@link RASTER_SIDE} pixels: everything else is made from it. */
  raster: Raster;
  /** Of at most {@link PREVIEW_SIDE} pixels, only of formats that browsers do not show. */
  preview?: Raster;
}

export const MAX_PIXELS = 100_000_000;
/** Of all frames together. Only the first is decoded here, but whoever looks at the picture decodes them all. */
export const MAX_FRAME_PIXELS = 5_000_000_000;
/** The longest side of the raster that everything else is made from. */
export const RASTER_SIDE = 800;
export const PREVIEW_SIDE = 2048;
/** Decoding 100 megapixels takes up to 15 seconds on a slow core; what takes much longer is made to. */
const DECODE_SECONDS = 60;

// Each photo is seen once, so a cache only holds memory; and a function has two cores at most.
sharp.cache(false);
sharp.concurrency(2);

/**
 * Opens only what its own recogniser saw. `error` refuses truncated and damaged pictures, but not those that merely carry stray
 * bytes between their segments, as some cameras and editors write.
 */
function open(bytes: Uint8Array, format: PictureFormat, limitInputPixels: number | false, ignoreIcc = false): Sharp {
  const page = format === 'tiff' && { page: readTiff(bytes).page };
  return sharp(bytes, { failOn: 'error', limitInputPixels, sequentialRead: true, animated: false, ignoreIcc, ...page });
}

const ISO_FORMATS: ReadonlySet<PictureFormat> = new Set(['avif', 'heic']);

/**
 * Reads the size from the header, without decoding. Throws `UnacceptablePicture` (`too_many_pixels`, `too_complex` where the file has
 * more parts than any picture needs, or `corrupt` where the header cannot be read).
 */
export async function measure(bytes: Uint8Array, format: PictureFormat): Promise<Measured> {
  const iso = ISO_FORMATS.has(format) ? readIsoPicture(bytes) : undefined;
  checkParts(iso ? { parts: iso.boxes, frames: 1 } : countParts(bytes, format));
  if (iso) checkIsoPicture(iso);
  const { width, height, orientation, frames } = await (format === 'heic'
    ? heicHeader(iso)
    : sharpHeader(bytes, format, iso));
  if (!(width > 0 && height > 0)) throw corrupt(format);
  if (width * height > MAX_PIXELS) throw tooManyPixels(width, height);
  if (frames * width * height > MAX_FRAME_PIXELS) {
    const message = `The picture has ${count(frames)} frames or pages of ${count(width)} × ${count(height)} pixels; at most ${count(MAX_FRAME_PIXELS / 1_000_000)} megapixels in all are accepted.`;
    throw new UnacceptablePicture('too_many_pixels', message);
  }
  return { width, height, orientation, frames };
}

/** Nothing ends a decoder that reads a header: so all that it would have to go through is counted first. */
function checkParts({ parts, frames }: Parts): void {
  const most = frames > MAX_FRAMES ? `${count(MAX_FRAMES)} frames or pages` : `${count(MAX_PARTS)} parts`;
  if (frames <= MAX_FRAMES && parts <= MAX_PARTS) return;
  throw new UnacceptablePicture('too_complex', `The picture has more than ${most}; no more are accepted.`);
}

/** sharp's own decoder refuses containers of more parts than it likes, which large pictures of phones may have. */
function heicHeader(iso: IsoPicture | undefined): Measured {
  // A sequence may do without a picture to begin with.
  if (!iso?.size) throw (iso?.frames ?? 1) > 1 ? unusual('heic') : corrupt('heic');
  return { ...iso.size, orientation: 1, frames: iso.frames };
}

async function sharpHeader(bytes: Uint8Array, format: PictureFormat, iso: IsoPicture | undefined): Promise<Measured> {
  const header = await open(bytes, format, false)
    .metadata()
    .catch((cause: unknown) => {
      throw corrupt(format, cause);
    });
  // What another decoder would read is not what was recognised: a file of two formats at once.
  if (header.format !== (iso ? 'heif' : format)) throw corrupt(format);
  const { width, height } = header.autoOrient;
  return { width, height, orientation: header.orientation ?? 1, frames: iso?.frames ?? header.pages ?? 1 };
}

/** Decoders of these formats allocate and work by what the boxes say of every tile: all of it is bounded, not only what is seen. */
function checkIsoPicture({ sizes, decodedPixels }: IsoPicture): void {
  const large = sizes.find(({ width, height }) => width * height > MAX_PIXELS);
  if (large) throw tooManyPixels(large.width, large.height);
  // Tiles reach over the edge, and transparency is a second picture.
  if (decodedPixels > 3 * MAX_PIXELS) {
    const message = `The picture is made of parts with more pixels than are accepted; at most ${MAX_PIXELS / 1_000_000} megapixels are.`;
    throw new UnacceptablePicture('too_many_pixels', message);
  }
}

function tooManyPixels(width: number, height: number): UnacceptablePicture {
  const megapixels = count(Math.ceil((width * height) / 1_000_000));
  return new UnacceptablePicture(
    'too_many_pixels',
    `The picture is ${count(width)} × ${count(height)} pixels large (${megapixels} megapixels); at most ${MAX_PIXELS / 1_000_000} megapixels are accepted.`,
  );
}

const count = (number: number) => number.toLocaleString('en-US');

/**
 * Decodes a measured picture, once: the first frame, scaled to fit {@link RASTER_SIDE} (never enlarged), upright, in sRGB; first to
 * {@link PREVIEW_SIDE} where a preview is needed. Scaling comes first, while reading where the format allows it (JPEG, WebP), so
 * that only few pixels are ever turned round. Throws `UnacceptablePicture` (`corrupt`, `too_complex`, `unsupported_format`).
 */
export async function decode(bytes: Uint8Array, format: PictureFormat, { orientation }: Measured): Promise<Decoded> {
  const previewed = NOT_SHOWN_BY_BROWSERS.has(format);
  const side = previewed ? PREVIEW_SIDE : RASTER_SIDE;
  const decoded = await (format === 'heic' ? decodeByLibheif(bytes, side) : decodeBySharp(bytes, format, side));
  const raster = await upright(decoded, orientation);
  return previewed ? { raster: await pixels(within(fromRaster(raster), RASTER_SIDE)), preview: raster } : { raster };
}

async function decodeByLibheif(bytes: Uint8Array, side: number): Promise<Raster> {
  try {
    return await decodeHeic(bytes, { side, pixels: MAX_PIXELS, seconds: DECODE_SECONDS });
  } catch (cause) {
    if (cause instanceof HeifTimeout) throw tooComplex(cause);
    if (!(cause instanceof HeifError)) throw cause;
    throw cause.unsupported ? unusual('heic', cause) : corrupt('heic', cause);
  }
}

async function decodeBySharp(bytes: Uint8Array, format: PictureFormat, side: number): Promise<Raster> {
  const started = performance.now();
  // lcms would convert four times as many pixels, before they are scaled.
  const profile = format === 'jpeg' ? matrixProfileOf(bytes) : null;
  const scaled = within(open(bytes, format, MAX_PIXELS, profile !== null), side)
    .toColourspace('srgb')
    .timeout({ seconds: DECODE_SECONDS });
  const raster = await pixels(scaled).catch((cause: unknown) => {
    if (performance.now() - started < DECODE_SECONDS * 1_000) {
      throw isUnusualTiff(format, cause) ? unusual(format, cause) : corrupt(format, cause);
    }
    throw tooComplex(cause);
  });
  if (profile) profileToSrgb(raster.data, profile);
  // sharp knows profiles, but not the code points that stand in for one.
  const { icc, nclx } = format === 'avif' ? readIsoPicture(bytes) : {};
  if (nclx && !icc && isWide(nclx)) toSrgb(raster.data, raster.channels, nclx);
  return raster;
}

const within = (pipeline: Sharp, side: number) =>
  pipeline.resize(side, side, { fit: 'inside', withoutEnlargement: true });

/** The quarter turns and mirrorings that undo each EXIF orientation (Exif 2.32, §4.6.4 A); sharp mirrors before it turns. */
const UNDO: Readonly<Record<number, { flop?: true; angle: number }>> = {
  2: { flop: true, angle: 0 },
  3: { angle: 180 },
  4: { flop: true, angle: 180 },
  5: { flop: true, angle: 270 },
  6: { angle: 90 },
  7: { flop: true, angle: 90 },
  8: { angle: 270 },
};

async function upright(raster: Raster, orientation: number): Promise<Raster> {
  const undo = UNDO[orientation];
  if (!undo) return raster;
  const mirrored = undo.flop ? await changed(raster, (pipeline) => pipeline.flop()) : raster;
  return undo.angle === 0 ? mirrored : changed(mirrored, (pipeline) => pipeline.rotate(undo.angle));
}

/** Makes another raster of one that is needed no more. */
async function changed(raster: Raster, change: (pipeline: Sharp) => Sharp): Promise<Raster> {
  const made = await pixels(change(fromRaster(raster)));
  giveBack(raster.data);
  return made;
}

/** Makes a sharp pipeline that begins with a raster. */
export function fromRaster({ data, width, height, channels }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

async function pixels(pipeline: Sharp): Promise<Raster> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  // More than colours and transparency: which of the rest is what, nothing says.
  if (channels !== 3 && channels !== 4) throw new Error(`pixels of ${channels} channels are not supported`);
  return { data, width, height, channels };
}

/** TIFF can hold almost anything; what its decoder was not built for is not damaged. */
function isUnusualTiff(format: PictureFormat, cause: unknown): boolean {
  return format === 'tiff' && cause instanceof Error && /not (configured|supported)/.test(cause.message);
}

function unusual(format: PictureFormat, cause?: unknown): UnacceptablePicture {
  const message = `The ${FORMAT_NAMES[format]} picture is stored in an unusual way that cannot be read here; please convert it.`;
  return new UnacceptablePicture('unsupported_format', message, { cause });
}

function tooComplex(cause: unknown): UnacceptablePicture {
  const message = `The picture could not be opened within ${DECODE_SECONDS} seconds.`;
  return new UnacceptablePicture('too_complex', message, { cause });
}

function corrupt(format: PictureFormat, cause?: unknown): UnacceptablePicture {
  const message = `The ${FORMAT_NAMES[format]} picture is damaged or incomplete and cannot be opened.`;
  return new UnacceptablePicture('corrupt', message, { cause });
}
