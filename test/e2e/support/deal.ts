import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findFiles } from '../../../local/demo/files.ts';
import { type Random, shuffled } from '../../../shared/domain/clustering/random.ts';
import { photos } from '../../fixtures/real-photos.ts';

export interface Photo {
  /** `faces/img1.jpg` */
  file: string;
  filename: string;
  bytes: Buffer;
  sha256: string;
}

export const FOLDERS = ['scenes', 'facts', 'camera', 'faces'] as const;
/** So many of each folder are in every hand. */
const OF_EACH = 5;
/** So many of one theme or person follow each other: enough to be alike, few enough that there are others. */
const TOGETHER = 3;

/** What photos have in common, where somebody has noted it: themes of scenes, people of faces. */
async function noted(): Promise<Map<string, string>> {
  const tables = await Promise.all(['scenes.csv', 'faces.csv'].map((name) => readFile(photos(name), 'utf8')));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1));
  return new Map(rows.map((row) => row.split(',') as [string, string]));
}

/** Photos of one walk: they make an event. */
const walk = (file: string) => (file.startsWith('camera/DSCN') ? 'walk' : undefined);

/** A folder in random order, yet with a few of the same theme, person or walk beside each other, and those without their like last. */
function inOrder(of: readonly Photo[], subjects: ReadonlyMap<string, string>, random: Random): Photo[] {
  const groups = [
    ...Map.groupBy(shuffled(of, random), ({ file }) => subjects.get(file) ?? walk(file) ?? file).values(),
  ];
  const order: Photo[] = [];
  for (let from = 0; order.length < of.length; from += TOGETHER) {
    const part = groups.map((group) => group.slice(from, from + TOGETHER));
    order.push(...[...part].sort((a, b) => Number(b.length > 1) - Number(a.length > 1)).flat());
  }
  return order;
}

/** Every picture of the four folders, no bytes twice. */
async function readAll(): Promise<Photo[]> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => (await findFiles(photos(folder))).map(({ name, path }) => ({ folder, name, path }))),
  );
  const read = await Promise.all(
    found.flat().map(async ({ folder, name, path }) => {
      const bytes = await readFile(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file: `${folder}/${name}`, filename: name.split('/').at(-1) ?? name, bytes, sha256 };
    }),
  );
  return [...new Map(read.map((photo) => [photo.sha256, photo])).values()];
}

/**
 * Deals `count` photos to two, half each: some of every folder, none twice to one of them, at least one of each folder to both; more to
 * both where there are too few. Answers fewer where there are too few even so, and how many different ones there are.
 */
export async function deal(count: number, random: Random): Promise<{ hands: [Photo[], Photo[]]; different: number }> {
  const all = await readAll();
  const subjects = await noted();
  const orders = FOLDERS.map((folder) =>
    inOrder(
      all.filter(({ file }) => file.startsWith(`${folder}/`)),
      subjects,
      random,
    ),
  );
  const first = orders.flatMap((order) => order.slice(0, OF_EACH));
  const second = orders.flatMap((order) => order.slice(OF_EACH - 1, 2 * OF_EACH - 1));
  const dealt = new Set([...first, ...second]);
  const rest = shuffled(
    all.filter((photo) => !dealt.has(photo)),
    random,
  );
  const more = Math.min(rest.length, Math.max(0, Math.floor(count / 2) - first.length));
  const hands: [Photo[], Photo[]] = [
    [...first, ...rest.slice(0, more)],
    [...second, ...rest.slice(rest.length - more)],
  ];
  return { hands, different: new Set(hands.flat()).size };
}
