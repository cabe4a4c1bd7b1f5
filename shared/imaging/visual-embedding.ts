import { DESCRIPTOR_SIDE, visualDescriptor } from '../domain/visual-descriptor.ts';
import { sharp } from './sharp.ts';

/**
 * The embedding used where `EMBEDDINGS_PROVIDER=visual`: 512 dimensions, unit length, from colour, layout and texture
 * (see {@link visualDescriptor}). Pictures that look alike are close; what they show plays no part. Deterministic.
 *
 * `image`: any encoded picture sharp reads; orientation is honoured, transparency lies on white. Rejects with sharp's
 * error if it cannot be decoded. Give it a thumbnail: 64 × 64 pixels are looked at.
 */
export async function visualEmbedding(image: Uint8Array): Promise<Float32Array> {
  const pixels = await sharp(image)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(DESCRIPTOR_SIDE, DESCRIPTOR_SIDE, { fit: 'fill' })
    .raw()
    .toBuffer();
  return visualDescriptor(pixels);
}
