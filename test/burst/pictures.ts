import sharp from 'sharp';
import { type Random, seededRandom } from '../../shared/domain/clustering/random.ts';

const WIDTH = 96;
const HEIGHT = 72;

/** A small JPEG unlike any other of the same run: `number` decides its colours and stripes. */
export function drawSmall(seed: number, number: number): Promise<Buffer> {
  const random = seededRandom(seed * 1_000_003 + number);
  const [sky, ground, shape] = [tone(random), tone(random), tone(random)];
  const horizon = 20 + Math.floor(random() * 30);
  const left = Math.floor(random() * WIDTH);
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1, at += 3) {
      const inside = Math.abs(x - left) + Math.abs(y - horizon) < 16;
      pixels.set(inside ? shape : y < horizon ? sky : ground, at);
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}

const tone = (random: Random) => [random(), random(), random()].map((share) => Math.floor(share * 256));
