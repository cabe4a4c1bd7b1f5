import sharp from 'sharp';
import { seededRandom } from '../../shared/domain/clustering/random.ts';

const WIDTH = 96;
const HEIGHT = 72;
const CELLS = { width: 8, height: 6, channels: 3 } as const;

/** A small JPEG unlike any other of the same run, also to a perceptual hash: `number` decides the colours of its cells. */
export function drawSmall(seed: number, number: number): Promise<Buffer> {
  const random = seededRandom(seed * 1_000_003 + number);
  const cells = Buffer.from(
    Array.from({ length: CELLS.width * CELLS.height * CELLS.channels }, () => Math.floor(random() * 256)),
  );
  return sharp(cells, { raw: CELLS }).resize(WIDTH, HEIGHT, { kernel: 'nearest' }).jpeg({ quality: 80 }).toBuffer();
}
