import type { APIGatewayProxyEvent } from 'aws-lambda';
import { contentType, MAX_DIRECT_UPLOAD_BYTES, MAX_FILES_PER_REQUEST } from '../../contract/schemas.ts';
import { bodyBytes } from './event.ts';
import { boundaryOf, NotMultipart, type Part, parseMultipart } from './multipart-parser.ts';
import { type FieldError, InvalidRequest, MalformedRequest, TooLarge, UnsupportedMediaType } from './problems.ts';

export interface UploadedFile {
  filename: string;
  content_type: string;
  content: Buffer;
}

/** Fields that carry pictures; `file` is what older clients send. */
const FILE_FIELDS = new Set(['files', 'file']);
const MULTIPART = /^multipart\/form-data\s*(;|$)/i;
const LONGEST_FILENAME = 255;
/** One more than may be sent, so that too many are noticed. */
const MOST_PARTS = MAX_FILES_PER_REQUEST + 1;

/**
 * The pictures of a multipart body, in the order sent. Throws `UnsupportedMediaType`, `TooLarge`, `MalformedRequest`, or
 * `InvalidRequest` where there is none, there are too many, or a field is unknown.
 */
export function readMultipart(event: APIGatewayProxyEvent): { files: UploadedFile[] } {
  const header = event.headers['content-type'];
  if (!header || !MULTIPART.test(header)) throw new UnsupportedMediaType('multipart/form-data', header);
  const bytes = bodyBytes(event);
  if (bytes > MAX_DIRECT_UPLOAD_BYTES) {
    throw new TooLarge(
      `Expected at most ${MAX_DIRECT_UPLOAD_BYTES} bytes in all, received ${bytes}. ` +
        'Larger pictures, and many at once, go straight to S3: ask for forms with POST /images/uploads.',
    );
  }
  const errors: FieldError[] = [];
  const counts = new Map<string, number>();
  const files = partsOf(event, header).flatMap((part) => {
    const index = counts.get(part.name) ?? 0;
    counts.set(part.name, index + 1);
    return fileOf(part, index, errors);
  });
  if (files.length === 0 && errors.length === 0) {
    errors.push({ path: 'files', expected: 'at least 1 file', received: 'nothing' });
  }
  if (files.length > MAX_FILES_PER_REQUEST) {
    const received = `more than ${MAX_FILES_PER_REQUEST}`;
    errors.push({ path: 'files', expected: `at most ${MAX_FILES_PER_REQUEST} files`, received });
  }
  if (errors.length > 0) throw new InvalidRequest(errors);
  return { files };
}

function partsOf({ body, isBase64Encoded }: APIGatewayProxyEvent, header: string): Part[] {
  try {
    return parseMultipart(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'), boundaryOf(header), MOST_PARTS);
  } catch (error) {
    if (!(error instanceof NotMultipart)) throw error;
    throw new MalformedRequest(`Expected a body of multipart/form-data; this one cannot be read: ${error.message}.`);
  }
}

/** The file in a part; none in a form's file input that was left empty, or where the part is no file. */
function fileOf(part: Part, index: number, errors: FieldError[]): UploadedFile[] {
  const { name, filename, content } = part;
  if (!FILE_FIELDS.has(name)) {
    errors.push({ path: name.slice(0, 100), expected: 'no field of this name', received: 'a form field' });
    return [];
  }
  const path = `${name}[${index}]`;
  if (filename === undefined) {
    errors.push({ path, expected: 'a file with a filename', received: 'a text field' });
    return [];
  }
  if (filename === '' && content.length === 0) return [];
  if (filename.length > LONGEST_FILENAME) {
    const received = `a filename of ${filename.length} characters`;
    errors.push({ path, expected: `a filename of at most ${LONGEST_FILENAME} characters`, received });
  }
  // What a part says it is, where it says so in a form that may be passed on.
  const announced = contentType.safeParse(part.contentType).data ?? 'application/octet-stream';
  return [{ filename: filename || 'upload', content_type: announced, content }];
}
