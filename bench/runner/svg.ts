import { sharp } from '../../shared/imaging/sharp.ts';

/** What the charts of the benches are drawn with: `WIDTH` units wide, lengths in these units. */
export const WIDTH = 1100;
export const MARGIN = 32;

const COLORS = [
  '#2563a8',
  '#c0842c',
  '#5d8a5a',
  '#7b5ea7',
  '#a3564f',
  '#3c8d93',
  '#b9a13b',
  '#d07aa5',
  '#4b4f9c',
  '#7f9f3f',
  '#b0622f',
  '#2f6f5f',
  '#9a4fb0',
  '#8a96a3',
  '#55606b',
  '#c94f4f',
] as const;

/** Of the `index`-th of several things (0 or more); after sixteen they begin anew. */
export const colorAt = (index: number): string => COLORS[index % COLORS.length] ?? COLORS[0];

interface Style {
  size?: number;
  bold?: boolean;
  faint?: boolean;
  /** `x` is where it ends. */
  end?: boolean;
  color?: string;
}

/** One line of text, whatever signs are in it. */
export function text(x: number, y: number, words: string, { size = 13, bold, faint, end, color }: Style = {}): string {
  const fill = color ?? (faint ? '#5f6b76' : '#1d2328');
  const escaped = words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${bold ? ' font-weight="bold"' : ''}${end ? ' text-anchor="end"' : ''}>${escaped}</text>`;
}

export const rectangle = (x: number, y: number, width: number, height: number, color: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${color}"/>`;

/** The parts on white, as an SVG. */
export function drawing(height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans, Verdana, sans-serif">${rectangle(0, 0, WIDTH, height, '#ffffff')}${parts.join('')}</svg>`;
}

/** Writes a drawing as a PNG file, twice as many pixels as units so that it is sharp on any screen. */
export async function writePng(file: string, svg: string): Promise<void> {
  await sharp(Buffer.from(svg), { density: 144 }).png({ palette: true }).toFile(file);
}
