/**
 * Searching by colour, on a folder of pictures beside the repository: for a few colours the first ten photos, and the true share
 * of it in each, counted in all their pixels. Writes a contact sheet.
 */
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readCommandLine } from '../local/command-line.ts';
import { COLOR_FLOOR, COLOR_RADIUS, colorScore, colorShare } from '../shared/domain/color-bins.ts';
import { parseColor } from '../shared/domain/color-names.ts';
import { describePixels, type PixelFeatures } from '../shared/imaging/features.ts';
import { RASTER_SIDE } from '../shared/imaging/raster.ts';
import { sharp } from '../shared/imaging/sharp.ts';
import { drawContactSheet, type Row } from './contact-sheet.ts';
import { exactShares } from './exact-share.ts';

/** Sky blue, leaf green, sand, the brown of earth and wood, near-white; and brick red, which few photos have. */
const COLORS = ['#6fb4ee', '#5f7f3f', '#c8a878', '#8a5a33', '#f2f2f2', '#b22222'];

const USAGE = `npm run bench:colors -- [SHEET] [FOLDER] [options]

Searching by colour in a folder of pictures: for ${COLORS.length} colours the first ten photos, and the true share of the colour in each, counted in
all their pixels. Prints a table and draws a contact sheet. Takes a second or so for each picture.

  SHEET         where the contact sheet is written, as PNG (shoebox-colors.png in the temporary folder)
  FOLDER        JPEG, PNG or WebP pictures, also in folders below it (../shared/photos/scenes)
  --help        this text
`;

const { sheet, files } = readCommandLine(USAGE, { allowPositionals: true, options: {} }, ({ positionals }) => {
  if (positionals.length > 2)
    throw new RangeError(`Expected a sheet and a folder, received ${positionals.length}: ${positionals.join(', ')}`);
  const [sheet = join(tmpdir(), 'shoebox-colors.png'), given] = positionals;
  const folder = given ?? resolve(import.meta.dirname, '../../shared/photos/scenes');
  const files = globSync(join(folder, '**/*.{jpg,jpeg,png,webp}')).sort();
  if (files.length > 0) return { sheet: resolve(sheet), files };
  throw new RangeError(`Expected JPEG, PNG or WebP pictures in ${folder}, found none: name a folder`);
});

const colors = COLORS.map((hex) => parseColor(hex)!);
let spent = 0;
const photos: { file: string; features: PixelFeatures; exact: number[] }[] = [];
for (const file of files) {
  const { data, info } = await sharp(file)
    .autoOrient()
    .resize(RASTER_SIDE, RASTER_SIDE, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const started = performance.now();
  const features = await describePixels({ ...info, data, channels: info.channels as 3 | 4 });
  spent += performance.now() - started;
  photos.push({ file, features, exact: await exactShares(file, colors, COLOR_RADIUS) });
}
console.log(`${files.length} photos, describePixels ${(spent / files.length).toFixed(1)} ms each\n`);
console.log('| colour | hits | least true share among the first ten | true shares |');
console.log('| --- | --- | --- | --- |');

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const rows: Row[] = COLORS.map((color, index) => {
  const hits = photos
    .map(({ file, features, exact }) => ({
      file,
      palette: features.colors,
      estimated: colorShare(features.color_bins, colors[index]!, COLOR_RADIUS),
      score: colorScore(features.color_bins, colors[index]!),
      exact: exact[index]!,
    }))
    .filter(({ estimated }) => estimated >= COLOR_FLOOR)
    .sort((x, y) => y.score - x.score);
  const first = hits.slice(0, 10);
  const shares = first.map(({ exact }) => exact);
  console.log(`| ${color} | ${hits.length} | ${percent(Math.min(...shares))} | ${shares.map(percent).join(', ')} |`);
  return {
    color,
    tiles: first.map((hit) => ({
      file: hit.file,
      palette: hit.palette,
      caption: `${percent(hit.exact)}  ${basename(hit.file)}`.slice(0, 24),
    })),
  };
});
await drawContactSheet(rows, sheet);
console.log(`\nContact sheet: ${sheet}`);
