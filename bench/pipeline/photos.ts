import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { drawScenes } from '../../local/demo/scenes.ts';
import { openScratch } from '../../local/scratch.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { sharp } from '../../shared/imaging/sharp.ts';

export interface Picture {
  filename: string;
  bytes: Uint8Array;
}

/** Real pictures for those who have them beside the repository. */
const FOLDER = resolve(import.meta.dirname, '../../../shared/photos');
const FOLDERS = ['camera', 'scenes', 'facts', 'faces', 'orientation'];
/** Of the shorter side: what is left shows another picture, and yet the same kind of one. */
const MOST_CUT = 0.35;

async function sources(): Promise<Picture[]> {
  const real = FOLDERS.map((name) => join(FOLDER, name))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
    .filter((file) => /\.jpe?g$/i.test(file))
    .sort();
  if (real.length > 0) return real.map(readPicture);
  console.warn(`There is no folder ${FOLDER} with real pictures: drawn ones are used.`);
  return (await drawScenes(openScratch('shoebox-drawn-'))).map(readPicture);
}

const readPicture = (path: string): Picture => ({ filename: basename(path), bytes: readFileSync(path) });

/** A part of a picture, its metadata kept; where there are only a few pictures, this makes as many different ones as are wanted. */
async function cut({ filename, bytes }: Picture, random: () => number): Promise<Picture> {
  const { width, height } = await sharp(bytes).metadata();
  const part = 1 - MOST_CUT * random();
  const size = { width: Math.max(1, Math.floor(width * part)), height: Math.max(1, Math.floor(height * part)) };
  const left = Math.floor((width - size.width) * random());
  const top = Math.floor((height - size.height) * random());
  const taken = sharp(bytes).extract({ left, top, ...size });
  return { filename, bytes: await taken.jpeg({ quality: 90 }).keepExif().toBuffer() };
}

/** So many different pictures: all there are, then parts of them. The same ones every time. */
export async function choosePictures(count: number): Promise<Picture[]> {
  const all = await sources();
  const random = seededRandom(36);
  const chosen: Picture[] = [];
  for (let index = 0; chosen.length < count; index += 1) {
    const source = all[index % all.length] as Picture;
    // Some are broken on purpose; they are no part of a gallery.
    const picture = index < all.length ? source : await cut(source, random).catch(() => null);
    if (picture) chosen.push(picture);
    if (index > 10 * count) throw new Error('Expected pictures that can be cut, found none');
  }
  return chosen;
}
