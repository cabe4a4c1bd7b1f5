import sharp, { type ResizeOptions } from 'sharp';

/** Side of the detector's input. */
export const LARGE = 512;
/** Side of the raster that colours, light and layout are measured on: enough for shares, little enough to be free. */
export const SMALL = 96;

/** Beyond this the service refuses a picture; it also bounds the memory a hostile one can take. */
const MOST_PIXELS = 100_000_000;

/** The picture's own size, and its pixels in two squares: RGB, 8 bits, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** {@link LARGE}², in its own proportions, centred on grey: the detector knows shapes as they are. */
  readonly large: Uint8Array;
  /** {@link SMALL}², squeezed to fill it. */
  readonly small: Uint8Array;
}

/** Left, top, width, height, as shares of a whole. */
export type Box = readonly [number, number, number, number];

export class UndecodablePicture extends Error {
  override readonly name = 'UndecodablePicture';
}

/** Decodes a picture upright. @throws UndecodablePicture if it is none, is damaged or has over 100 megapixels */
export async function decode(image: Uint8Array): Promise<Picture> {
  try {
    const open = () => sharp(image, { limitInputPixels: MOST_PIXELS, failOn: 'error' });
    const { width, height } = (await open().metadata()).autoOrient;
    const upright = await open()
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize(LARGE, LARGE, { fit: 'inside' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const raw = { width: upright.info.width, height: upright.info.height, channels: 3 } as const;
    const resized = (side: number, options: ResizeOptions) =>
      sharp(upright.data, { raw }).resize(side, side, options).raw().toBuffer();
    const large = await resized(LARGE, { fit: 'contain', background: '#808080' });
    const small = await resized(SMALL, { fit: 'fill' });
    return { width, height, large, small };
  } catch (error) {
    throw new UndecodablePicture('The picture cannot be decoded.', { cause: error });
  }
}

/** Moves a box from shares of the letterboxed {@link Picture.large} to shares of the picture itself. */
export function unletterbox({ width, height }: Pick<Picture, 'width' | 'height'>, box: Box): Box {
  const longer = Math.max(width, height);
  const [x, y, w, h] = box;
  const across = (value: number, side: number) => (value - (1 - side / longer) / 2) * (longer / side);
  return [across(x, width), across(y, height), w * (longer / width), h * (longer / height)];
}
