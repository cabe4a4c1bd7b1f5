/**
 * Makes text that a stranger (a model, a file, a form) supplied safe to store and show as plain text: well-formed
 * Unicode, no control characters, no invisible direction overrides. Markup is left alone: showing it is the reader's job.
 */

/**
 * C0/C1 controls (tab and line feed are handled before), zero-width and bidirectional formatting, byte order mark, and the letters
 * nobody sees in which a model reads orders (Unicode's tags) but for those that make a flag of a region.
 */
const INVISIBLE =
  /(\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F})|[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu;

/** Text without what cannot be seen but changes how the rest is read; line breaks are among that. */
export function visible(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '$1');
}

/** One line: every run of white space (line breaks included) becomes one space. `limit` counts Unicode code points. */
export function plainLine(value: string, limit: number): string {
  const line = visible(value.replace(/\s+/gu, ' ')).replace(/ +/g, ' ').trim();
  return clip(line, limit);
}

/** Several lines: line breaks are kept (at most one empty line in a row), tabs become spaces. `limit` counts code points. */
export function plainText(value: string, limit: number): string {
  const text = value
    .toWellFormed()
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .split('\n')
    .map((line) => plainLine(line, Number.POSITIVE_INFINITY))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return clip(text, limit);
}

/** Cuts after `limit` code points, at the last space of the final quarter if there is one, and marks the cut with `…`. */
function clip(text: string, limit: number): string {
  const points = [...text];
  if (points.length <= limit) return text;
  const head = points.slice(0, limit - 1).join('');
  const space = head.lastIndexOf(' ');
  return `${(space > head.length * 0.75 ? head.slice(0, space) : head).trimEnd()}…`;
}
