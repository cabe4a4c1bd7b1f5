/** Text that is HTML already; everything else put into a template is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Html | string | number | false | null | undefined | readonly Value[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

function put(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(put).join('');
  if (value === false || value === null || value === undefined) return '';
  return escapeHtml(String(value));
}

/** HTML with every value escaped, in text and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.reduce((text, part, index) => text + put(values[index - 1]) + part));
}
