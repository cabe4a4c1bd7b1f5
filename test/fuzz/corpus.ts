import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { recogniseFormat } from '../../shared/imaging/format.ts';
import { drawPicture, PICTURE_FORMATS } from '../fixtures/pictures.ts';
import { photos } from '../fixtures/real-photos.ts';

/** A file to begin with. */
export interface Source {
  name: string;
  bytes: Buffer;
}

const FOLDERS = ['hostile', 'heic', 'camera', 'orientation', 'faces', 'facts'];
/** Of a larger file most of the time goes into pixels that are fine. */
const LARGEST = 6 * 1024 * 1024;
const DRAWN_OF_EACH = 4;

/** Pictures of every format, small and odd: what there is without the folder of real ones. */
export async function drawnSources(each = DRAWN_OF_EACH): Promise<Source[]> {
  const sources: Source[] = [];
  for (const format of PICTURE_FORMATS) {
    for (let seed = 1; seed <= each; seed += 1) {
      const bytes = await drawPicture({ format, seed, width: 64 * seed, height: 48 * seed, orientation: seed });
      sources.push({ name: `drawn-${seed}.${format}`, bytes });
    }
  }
  return sources;
}

/**
 * `count` files, the rarer a format the more of its files: one of each format in turn. Real ones first; of formats that have few, drawn
 * ones make up for it.
 */
export async function sources(count: number): Promise<Source[]> {
  const byFormat = Map.groupBy([...realSources(), ...(await drawnSources())], ({ bytes }) => {
    const recognised = recogniseFormat(bytes);
    return recognised.kind === 'accepted' ? recognised.format : 'other';
  });
  const queues = [...byFormat.values()];
  const chosen: Source[] = [];
  while (chosen.length < count && queues.some(({ length }) => length > 0)) {
    for (const queue of queues) {
      const next = queue.shift();
      if (next && chosen.length < count) chosen.push(next);
    }
  }
  return chosen;
}

function realSources(): Source[] {
  return FOLDERS.filter((folder) => existsSync(photos(folder))).flatMap((folder) =>
    readdirSync(photos(folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => ({ name: `${folder}/${name}`, bytes: readFileSync(photos(folder, name)) }))
      .filter(({ bytes }) => bytes.length > 0 && bytes.length <= LARGEST)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}
