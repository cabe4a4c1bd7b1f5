import { sharp } from '../../shared/imaging/sharp.ts';

/** One bar: what it is called, and its parts in milliseconds, from the left. */
export interface Bar {
  title: string;
  parts: readonly { name: string; ms: number }[];
}

const WIDTH = 1100;
const MARGIN = 32;
const BAR = 34;
const LINE = 22;
const COLUMNS = 3;
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
];
/** Narrower parts are not written on. */
const LEAST_WRITTEN = 46;

const escaped = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x: number, y: number, words: string, more = '') =>
  `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;

/** Writes stacked bars on one scale as a PNG: how many milliseconds of processor time an image takes, and of whom. */
export async function writeChart(file: string, title: string, bars: readonly Bar[]): Promise<void> {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const colorOf = (name: string) => COLORS[names.indexOf(name) % COLORS.length] ?? '';
  const sum = ({ parts }: Bar) => parts.reduce((all, { ms }) => all + ms, 0);
  const scale = (WIDTH - 2 * MARGIN) / Math.max(...bars.map(sum));
  const drawn: string[] = [text(MARGIN, MARGIN + 12, title, 'font-size="20" font-weight="bold"')];
  let y = MARGIN + 44;
  for (const bar of bars) {
    drawn.push(text(MARGIN, y, `${bar.title}: ${Math.round(sum(bar))} ms`, 'font-size="15"'));
    let x = MARGIN;
    for (const { name, ms } of bar.parts) {
      const width = ms * scale;
      drawn.push(`<rect x="${x}" y="${y + 8}" width="${width}" height="${BAR}" fill="${colorOf(name)}"/>`);
      if (width >= LEAST_WRITTEN)
        drawn.push(text(x + 6, y + 8 + BAR / 2 + 5, String(Math.round(ms)), 'font-size="14" fill="#fff"'));
      x += width;
    }
    y += BAR + 44;
  }
  for (const [index, name] of names.entries()) {
    const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
    const x = MARGIN + (column * (WIDTH - 2 * MARGIN)) / COLUMNS;
    drawn.push(`<rect x="${x}" y="${y + row * LINE - 12}" width="14" height="14" fill="${colorOf(name)}"/>`);
    drawn.push(text(x + 22, y + row * LINE, name, 'font-size="14"'));
  }
  const height = y + Math.ceil(names.length / COLUMNS) * LINE + MARGIN / 2;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans, Verdana, sans-serif"><rect width="100%" height="100%" fill="#fff"/>${drawn.join('')}</svg>`;
  await sharp(Buffer.from(svg), { density: 144 }).png({ palette: true }).toFile(file);
}
