import { createHash } from 'node:crypto';
import { drawPicture } from '../fixtures/pictures.ts';

const PICTURES = 6;
/** The last one is no picture. */
export const BROKEN = PICTURES;

export interface Drawn {
  files: Buffer[];
  crop: Uint8Array;
}

let drawn: Promise<Drawn> | undefined;
const numbers = new Map<string, number>();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A few small pictures, drawn once; two of them look alike. */
export function pictures(): Promise<Drawn> {
  drawn ??= draw();
  return drawn;
}

async function draw(): Promise<Drawn> {
  const seeds = [1, 2, 3, 4, 5, 1];
  const files: Buffer[] = await Promise.all(
    seeds.map((seed, number) => drawPicture({ seed, width: 64 + 2 * (number === 5 ? 1 : 0), height: 48 })),
  );
  files.push(Buffer.from('no picture'));
  for (const [number, file] of files.entries()) numbers.set(sha256(file), number);
  return { files, crop: await drawPicture({ format: 'webp', width: 8, height: 8 }) };
}

export const pictureNumber = (digest: string): number => numbers.get(digest) ?? 0;
export { sha256 };
