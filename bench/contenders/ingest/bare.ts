/**
 * Only the two thumbnails of every file of a folder, as sharp's documentation has them made: two pipelines from the file, which sharp
 * reads as it goes, with the options of ours. With `once`, what somebody does who has measured that: the file is decoded once, and the
 * smaller one is made from the pixels of the larger. With `serial`, only what must come one after the other however many cores there are:
 * a file is decoded, and the larger thumbnail is encoded; colours and orientation are left as they are.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sharp } from '../../../shared/imaging/sharp.ts';
import { report } from '../../runner/contender.ts';

const [folder = '', way] = process.argv.slice(2);
// As ingest sets them.
sharp.cache(false);
sharp.concurrency(2);

// The same options, too.
const MEDIUM = { quality: 82, effort: 2 };
const SMALL = { quality: 77, effort: 2 };
const WITHIN = { fit: 'inside', withoutEnlargement: true } as const;

async function twice(file: string): Promise<number> {
  const medium = await sharp(file).autoOrient().resize(800, 800, WITHIN).webp(MEDIUM).toBuffer();
  const small = await sharp(file).autoOrient().resize(200, 200, WITHIN).webp(SMALL).toBuffer();
  return medium.length + small.length;
}

async function once(file: string): Promise<number> {
  const { data, info } = await sharp(file)
    .autoOrient()
    .resize(800, 800, WITHIN)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { raw: { width: info.width, height: info.height, channels: info.channels } };
  const medium = await sharp(data, pixels).webp(MEDIUM).toBuffer();
  const small = await sharp(data, pixels).resize(200, 200, WITHIN).webp(SMALL).toBuffer();
  return medium.length + small.length;
}

async function serial(file: string): Promise<number> {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .resize(800, 800, WITHIN)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { raw: { width: info.width, height: info.height, channels: info.channels } };
  return (await sharp(data, pixels).webp(MEDIUM).toBuffer()).length;
}

const ways: Readonly<Record<string, (file: string) => Promise<number>>> = { once, serial };
const make = ways[way ?? ''] ?? twice;

await report(async () => {
  let bytes = 0;
  const files = readdirSync(folder).sort();
  for (const file of files) bytes += await make(join(folder, file));
  return { photos: files.length, thumbnail_bytes: bytes };
});
