import { createHash } from 'node:crypto';
import { drawPicture } from '../fixtures/pictures.ts';

/** What each is drawn from: two look alike. */
const SEEDS = [1, 2, 3, 4, 5, 1, null, 6, 7, 8];
/** This one is no picture. */
export const BROKEN = SEEDS.indexOf(null);
/** Of these it is said that they show the same. */
export const ALIKE = [0, 1, 5, 7, 8] as const;

export interface Drawn {
  files: Buffer[];
  crop: Uint8Array;
}

let drawn: Promise<Drawn> | undefined;
const numbers = new Map<string, number>();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A few small pictures, drawn once. */
export function pictures(): Promise<Drawn> {
  drawn ??= draw();
  return drawn;
}

async function draw(): Promise<Drawn> {
  const files = await Promise.all(
    SEEDS.map((seed, number) =>
      seed === null
        ? Buffer.from('no picture')
        : drawPicture({ seed, width: 64 + 2 * (number === 5 ? 1 : 0), height: 48 }),
    ),
  );
  for (const [number, file] of files.entries()) numbers.set(sha256(file), number);
  return { files, crop: await drawPicture({ format: 'webp', width: 8, height: 8 }) };
}

export const pictureNumber = (digest: string): number => numbers.get(digest) ?? 0;
export { sha256 };
