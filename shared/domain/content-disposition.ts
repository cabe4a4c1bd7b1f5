import { visible } from './plain-text.ts';

/** What a picture is called when it is saved, whatever its owner, its camera or a model called it. */

/** File endings that fit a content type; the first is the one to give. */
const ENDINGS: Record<string, readonly string[]> = {
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/avif': ['avif'],
  'image/heic': ['heic', 'heif'],
  'image/tiff': ['tif', 'tiff'],
};
const ALL_ENDINGS = new Set(Object.values(ENDINGS).flat());

const MAX_CHARACTERS = 150;
/** What one system or another does not allow in a file name. */
const FORBIDDEN = /[/\\:*?"<>|]/g;

/** Names that have nothing to clean, cut or encode: nearly all. */
const PLAIN = /^[\w-](?:[\w.-]{0,140}[\w-])?\.([A-Za-z]{3,4})$/;

/** A file name on every system, ending as its content type does: `report.html` holding a JPEG becomes `report.html.jpg`. */
export function safeFilename(name: string, contentType: string): string {
  const plain = PLAIN.exec(name)?.[1];
  if (plain && ENDINGS[contentType]?.includes(plain.toLowerCase())) return name;
  const clean = visible(name).replace(FORBIDDEN, '_').trim();
  const endings = ENDINGS[contentType] ?? [];
  const [, stem = clean, ending = ''] = /^(.*)\.([^.]*)$/s.exec(clean) ?? [];
  const given = ending.toLowerCase();
  const kept = ALL_ENDINGS.has(given) ? stem : clean;
  const short =
    [...kept]
      .slice(0, MAX_CHARACTERS)
      .join('')
      .replace(/^[.\s]+|[.\s]+$/g, '') || 'image';
  if (endings.length === 0) return short;
  return `${short}.${endings.includes(given) ? ending : endings[0]}`;
}

/**
 * A `Content-Disposition` value (RFC 6266): an ASCII name for old clients, the true one in UTF-8 (RFC 8187) for all others. Whatever
 * is in `filename`, the value stays one line and one header.
 */
export function contentDisposition(type: 'inline' | 'attachment', filename: string): string {
  if (PLAIN.test(filename)) return `${type}; filename="${filename}"; filename*=UTF-8''${filename}`;
  const wellFormed = filename.toWellFormed();
  const ascii = wellFormed
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // Unifying forms may have made a `/` of what only looks like one.
    .replace(/[^\x20-\x7e]|[%/\\:*?"<>|]/gu, '_');
  const encoded = encodeURIComponent(wellFormed).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
