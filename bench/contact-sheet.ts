import { parseColor } from '../shared/domain/color-names.ts';
import type { PaletteColor } from '../shared/domain/image.ts';
import { sharp } from '../shared/imaging/sharp.ts';

export interface Tile {
  file: string;
  caption: string;
  palette: readonly PaletteColor[];
}

/** A colour asked for and what was found, best first. */
export interface Row {
  color: string;
  tiles: readonly Tile[];
}

const TILE = { width: 150, picture: 112, strip: 12, caption: 18 };
const HEIGHT = TILE.picture + TILE.strip + TILE.caption;
const MARGIN = 6;

/** Draws rows of pictures as PNG: the colour at the left; under each picture its palette and its caption. */
export async function drawContactSheet(rows: readonly Row[], path: string): Promise<void> {
  const columns = 1 + Math.max(...rows.map(({ tiles }) => tiles.length));
  const width = MARGIN + columns * (TILE.width + MARGIN);
  const height = MARGIN + rows.length * (HEIGHT + MARGIN);
  const place = (row: number, column: number) => ({
    top: MARGIN + row * (HEIGHT + MARGIN),
    left: MARGIN + column * (TILE.width + MARGIN),
  });
  const layers = rows.flatMap(({ color, tiles }, row) => [
    { input: Buffer.from(drawing(swatch(color))), ...place(row, 0) },
    ...tiles.flatMap(async (tile, index) => {
      const picture = { width: TILE.width, height: TILE.picture, fit: 'contain', background: '#fff' } as const;
      return { input: await sharp(tile.file).autoOrient().resize(picture).png().toBuffer(), ...place(row, index + 1) };
    }),
    ...tiles.map((tile, index) => ({ input: Buffer.from(drawing(legend(tile))), ...place(row, index + 1) })),
  ]);
  const canvas = sharp({ create: { width, height, channels: 3, background: '#fff' } });
  await canvas
    .composite(await Promise.all(layers))
    .png()
    .toFile(path);
}

function drawing(body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE.width}" height="${HEIGHT}" font-family="sans-serif" font-size="11">${body}</svg>`;
}

function swatch(color: string): string {
  const dark = (parseColor(color)?.l ?? 0) < 0.6;
  return `<rect width="100%" height="${TILE.picture + TILE.strip}" fill="${color}"/><text x="6" y="16" fill="${dark ? '#fff' : '#000'}">${color}</text>`;
}

function legend({ palette, caption }: Tile): string {
  let x = 0;
  const strip = palette.map(({ hex, share }) => {
    const rectangle = `<rect x="${x}" y="${TILE.picture}" width="${share * TILE.width}" height="${TILE.strip}" fill="${hex}"/>`;
    x += share * TILE.width;
    return rectangle;
  });
  return `${strip.join('')}<text x="1" y="${HEIGHT - 5}" fill="#000">${caption}</text>`;
}
