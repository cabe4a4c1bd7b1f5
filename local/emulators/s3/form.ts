import { AwsError } from '../errors.ts';

/** S3 takes at most 20 KB of form before the file. */
const MAX_FIELDS_BYTES = 20 * 1024;

export interface UploadForm {
  /** Fields before the file, names in lower case. */
  fields: Record<string, string>;
  filename: string;
  /** The file's content; must be read to its end (what follows the file is ignored, as S3 does). */
  file: AsyncIterable<Buffer>;
}

function malformed(reason: string): AwsError {
  return new AwsError(
    'MalformedPOSTRequest',
    `The body of your POST request is not well-formed multipart/form-data: ${reason}.`,
  );
}

/** Reads a byte source up to delimiters, holding no more than it must. */
class DelimitedReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #fill(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw malformed('it ends early');
    this.#pending = this.#pending.length === 0 ? next.value : Buffer.concat([this.#pending, next.value]);
  }

  /** Everything before `delimiter`, which is consumed too. @throws `tooLong()` beyond `most` bytes */
  async until(delimiter: string, most: number, tooLong: () => AwsError): Promise<string> {
    for (;;) {
      const end = this.#pending.indexOf(delimiter);
      if (end > most || (end < 0 && this.#pending.length > most + delimiter.length)) throw tooLong();
      if (end >= 0) {
        const text = this.#pending.subarray(0, end).toString('utf8');
        this.#pending = this.#pending.subarray(end + delimiter.length);
        return text;
      }
      await this.#fill();
    }
  }

  async take(bytes: number): Promise<string> {
    while (this.#pending.length < bytes) await this.#fill();
    const text = this.#pending.subarray(0, bytes).toString('latin1');
    this.#pending = this.#pending.subarray(bytes);
    return text;
  }

  /** Streams everything before `delimiter`, then reads the source to its end, so that the client can be answered. */
  async *stream(delimiter: string): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.#pending.indexOf(delimiter);
      if (end >= 0) {
        if (end > 0) yield this.#pending.subarray(0, end);
        while (!(await this.#source.next()).done);
        return;
      }
      const safe = this.#pending.length - delimiter.length;
      if (safe > 0) {
        yield this.#pending.subarray(0, safe);
        this.#pending = this.#pending.subarray(safe);
      }
      await this.#fill();
    }
  }
}

/**
 * Reads an upload form (multipart/form-data, RFC 7578) up to its `file` field, which is left to be streamed.
 * @throws AwsError MalformedPOSTRequest, MaxPostPreDataLengthExceeded, IncorrectNumberOfFilesInPostRequest
 */
export async function readUploadForm(source: AsyncIterable<Buffer>, contentType: string): Promise<UploadForm> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('its Content-Type names no boundary');
  const reader = new DelimitedReader(source);
  const fields: Record<string, string> = {};
  let left = MAX_FIELDS_BYTES;
  const tooLong = () =>
    new AwsError('MaxPostPreDataLengthExceeded', 'Your POST request fields preceding the upload file were too large.');

  await reader.until(`--${boundary}`, left, tooLong);
  for (;;) {
    const next = await reader.take(2);
    if (next === '--') {
      throw new AwsError('IncorrectNumberOfFilesInPostRequest', 'POST requires exactly one file upload per request.');
    }
    if (next !== '\r\n') throw malformed('a boundary is not followed by a line end');
    const head = await reader.until('\r\n\r\n', left, tooLong);
    const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(head)?.[1] ?? '';
    const name = /\bname="([^"]*)"/i.exec(disposition.replace(/\bfilename\*?="[^"]*"/i, ''))?.[1]?.toLowerCase();
    if (name === undefined) throw malformed('a part has no name');
    if (name === 'file') {
      const filename = /\bfilename="([^"]*)"/i.exec(disposition)?.[1] ?? '';
      return { fields, filename, file: reader.stream(`\r\n--${boundary}`) };
    }
    const value = await reader.until(`\r\n--${boundary}`, left, tooLong);
    left -= Buffer.byteLength(head) + Buffer.byteLength(value);
    if (Object.hasOwn(fields, name)) {
      throw new AwsError('InvalidArgument', 'POST requires exactly one value for each field.', 400, {
        ArgumentName: name,
      });
    }
    fields[name] = value;
  }
}
