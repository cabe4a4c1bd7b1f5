/** What an element may hold: text, child elements by name (an array repeats the element), or nothing. */
export type XmlContent = string | number | boolean | { [name: string]: XmlContent | XmlContent[] | undefined };

/** Escapes text for XML; control characters that XML 1.0 forbids go out as character references, as S3 sends them. */
function escapeXml(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 || '&<>"\''.includes(character) ? `&#${code};` : character;
  }).join('');
}

function render(name: string, content: XmlContent | XmlContent[] | undefined, attributes = ''): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((item) => render(name, item)).join('');
  if (typeof content !== 'object') return `<${name}${attributes}>${escapeXml(String(content))}</${name}>`;
  const children = Object.entries(content).map(([child, value]) => render(child, value));
  return `<${name}${attributes}>${children.join('')}</${name}>`;
}

/** One XML document with `name` as its root. */
export function element(name: string, content: XmlContent, namespace?: string): string {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(name, content, attributes)}`;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith('#x') || name.startsWith('#X')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return NAMED[name] ?? whole;
  });
}

/** The inner XML of every element called `name`, in order. Elements of that name must not be nested in one another. */
export function childrenOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</(?:\\w+:)?${name}>)`, 'g');
  return Array.from(xml.matchAll(pattern), (match) => match[1] ?? '');
}

/** The text of every element called `name`, in order. */
export function textsOf(xml: string, name: string): string[] {
  return childrenOf(xml, name).map(unescapeXml);
}

/** The text of the first element called `name`. */
export function textOf(xml: string, name: string): string | undefined {
  return textsOf(xml, name)[0];
}
