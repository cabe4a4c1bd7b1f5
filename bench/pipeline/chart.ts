import { colorAt, drawing, MARGIN, rectangle, text, WIDTH, writePng } from '../runner/svg.ts';

/** One bar: what it is called, and its parts in milliseconds, from the left. */
export interface Bar {
  title: string;
  parts: readonly { name: string; ms: number }[];
}

const BAR = 34;
const LINE = 22;
const COLUMNS = 3;
/** Narrower parts are not written on. */
const LEAST_WRITTEN = 46;

/** Writes stacked bars on one scale as a PNG: how many milliseconds of processor time an image takes, and of whom. */
export async function writeChart(file: string, title: string, bars: readonly Bar[]): Promise<void> {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const colorOf = (name: string) => colorAt(names.indexOf(name));
  const sum = ({ parts }: Bar) => parts.reduce((all, { ms }) => all + ms, 0);
  const scale = (WIDTH - 2 * MARGIN) / Math.max(...bars.map(sum));
  const drawn: string[] = [text(MARGIN, MARGIN + 12, title, { size: 20, bold: true })];
  let y = MARGIN + 44;
  for (const bar of bars) {
    drawn.push(text(MARGIN, y, `${bar.title}: ${Math.round(sum(bar))} ms`, { size: 15 }));
    let x = MARGIN;
    for (const { name, ms } of bar.parts) {
      const width = ms * scale;
      drawn.push(rectangle(x, y + 8, width, BAR, colorOf(name)));
      if (width >= LEAST_WRITTEN)
        drawn.push(text(x + 6, y + 8 + BAR / 2 + 5, String(Math.round(ms)), { size: 14, color: '#ffffff' }));
      x += width;
    }
    y += BAR + 44;
  }
  for (const [index, name] of names.entries()) {
    const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
    const x = MARGIN + (column * (WIDTH - 2 * MARGIN)) / COLUMNS;
    drawn.push(rectangle(x, y + row * LINE - 12, 14, 14, colorOf(name)));
    drawn.push(text(x + 22, y + row * LINE, name, { size: 14 }));
  }
  const height = y + Math.ceil(names.length / COLUMNS) * LINE + MARGIN / 2;
  await writePng(file, drawing(height, drawn));
}
