/**
 * Reads a multipart/form-data body (RFC 7578, RFC 2046 §5.1) that is wholly in memory. Our own, because the streaming parsers at
 * hand emit an error nobody can listen for when a body is cut short, which ends the process.
 */

export interface Part {
  name: string;
  /** As the client gave it; absent for a field that is no file. */
  filename: string | undefined;
  contentType: string | undefined;
  content: Buffer;
}

/** The body is not what its header says. Carries nothing of it. */
export class NotMultipart extends Error {
  override name = 'NotMultipart';
}

const CRLF = '\r\n';
const LONGEST_HEADER = 16 * 1024;

/** The boundary in a Content-Type header; quoted where it holds special characters. Throws `NotMultipart`. */
export function boundaryOf(contentType: string): string {
  const [, quoted, token] = /;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? token ?? '';
  // RFC 2046: these characters, 70 of them at most, the last no space.
  if (!/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) throw new NotMultipart('no usable boundary');
  return boundary;
}

/** The parts of a body, in order; at most `mostParts` are read. Contents are views of `body`. Throws `NotMultipart`. */
export function parseMultipart(body: Buffer, boundary: string, mostParts: number): Part[] {
  const delimiter = Buffer.from(`${CRLF}--${boundary}`);
  const parts: Part[] = [];
  // The first delimiter needs no line break before it.
  const first = delimiter.subarray(CRLF.length);
  let at = body.subarray(0, first.length).equals(first) ? first.length : after(body, delimiter, 0);
  while (body.toString('latin1', at, at + 2) !== '--') {
    if (parts.length === mostParts) return parts;
    // Blanks may follow a delimiter; then comes the line break that the empty line of no headers shares.
    const lineEnd = body.indexOf(CRLF, at);
    if (lineEnd < 0 || body.toString('latin1', at, lineEnd).trim() !== '')
      throw new NotMultipart('a delimiter goes on');
    const headersEnd = body.indexOf(CRLF + CRLF, lineEnd);
    if (headersEnd < 0 || headersEnd - lineEnd > LONGEST_HEADER) throw new NotMultipart('headers without end');
    const start = headersEnd + 2 * CRLF.length;
    // The line break that ends the headers may be the one that begins the next delimiter.
    const end = body.indexOf(delimiter, start - CRLF.length);
    if (end < 0) throw new NotMultipart('a part without end');
    parts.push({
      ...readHeaders(body.toString('utf8', lineEnd, headersEnd)),
      content: body.subarray(start, Math.max(start, end)),
    });
    at = end + delimiter.length;
  }
  return parts;
}

function after(body: Buffer, delimiter: Buffer, from: number): number {
  const found = body.indexOf(delimiter, from);
  if (found < 0) throw new NotMultipart('no delimiter');
  return found + delimiter.length;
}

function readHeaders(text: string): Omit<Part, 'content'> {
  const headers = new Map(
    text
      .split(CRLF)
      .filter(Boolean)
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = readParameters(disposition);
  const name = parameters.get('name');
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) throw new NotMultipart('a part without a name');
  const filename = extended(parameters.get('filename*')) ?? parameters.get('filename');
  return { name, filename, contentType: headers.get('content-type') };
}

/** `; name="value"` and `; name=value`. Browsers write `"` and line breaks as `%22`, `%0D`, `%0A`; others put `\` before `"`. */
function readParameters(header: string): Map<string, string> {
  const pattern = /;\s*([\w-]+\*?)=(?:"((?:\\"|[^"])*)"|([^\s;"]*))/g;
  return new Map(
    [...header.matchAll(pattern)].map(([, name = '', quoted, token = '']) => [
      name.toLowerCase(),
      quoted === undefined
        ? token
        : quoted.replaceAll('\\"', '"').replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code)),
    ]),
  );
}

/** RFC 5987: `UTF-8''na%C3%AFve.jpg` */
function extended(value: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(value ?? '') ?? [];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
