import { pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type ObjectAnswer, type ObjectReader, ONE_RANGE, type ReadConditions } from '../object-reader.ts';
import { createOpening, type Slice } from './open.ts';
import type { Sealing } from './sealing.ts';
import { DamagedObject, headerBytes, type Layout, layoutOf, SCHEME } from './segments.ts';

type Found = Extract<ObjectAnswer, { is: 'whole' | 'part' }>;

const HEADER_BYTES = headerBytes(SCHEME);
/** Objects are written once, so one that changes while it is read is read again this often at most. */
const MOST_LOOKS = 3;

/**
 * Reads encrypted objects as if they were not: lengths and ranges are those of the content, what is let out has been authenticated.
 * Objects that are not encrypted are read as `stored` does. Tags are those of the stored bytes, which are others for other content.
 */
export function createSealedReader(stored: ObjectReader, sealing: Sealing): ObjectReader {
  async function look(key: string, conditions: ReadConditions): Promise<ObjectAnswer | 'changed'> {
    const { method, range, ifRange } = conditions;
    const partial = range !== undefined && ONE_RANGE.test(range);
    // The end tells how long the object is; where it is all there is, no further request is needed.
    const answer = await stored.open(key, {
      ...conditions,
      range: method === 'GET' && partial ? `bytes=-${SCHEME.segmentBytes}` : undefined,
    });
    if (answer.is !== 'whole' && answer.is !== 'part') {
      // Nothing that is encrypted is as short as to have no end.
      return answer.is === 'unsatisfiable' ? stored.open(key, conditions) : answer;
    }
    try {
      const kind = await sealing.kindOf(key, answer.metadata, answer.lastModified);
      if (kind === 'lost') return gone(answer);
      if (kind === 'plain') {
        if (!partial || (answer.is === 'whole' && method === 'GET')) return answer;
        answer.body?.destroy();
        return await stored.open(key, conditions);
      }
      if (method === 'HEAD') {
        return described(answer, partial && (ifRange === undefined || ifRange === answer.etag) ? range : undefined);
      }
      return answer.is === 'whole' ? await whole(key, answer) : await part(key, answer, range ?? '');
    } catch (error) {
      answer.body?.destroy();
      throw error;
    }
  }

  /** Everything, as it comes. */
  async function whole(key: string, answer: Found): Promise<ObjectAnswer> {
    const { body, bytes = 0 } = answer;
    const layout = layoutOf(bytes);
    if (!body) return { ...answer, bytes: layout.bytes };
    const cipher = await sealing.resume(key, await readHeader(body));
    const content = createOpening(cipher, layout, { from: 0, to: layout.bytes - 1 });
    return { ...answer, bytes: layout.bytes, body: opened(body, content) };
  }

  /** A range, once the end has shown that the object is as long as it was written. */
  async function part(key: string, tail: Found, range: string): Promise<ObjectAnswer | 'changed'> {
    const layout = layoutOf(totalOf(tail));
    const slice = sliceOf(range, layout.bytes);
    if (!slice) {
      tail.body?.destroy();
      return { is: 'unsatisfiable' };
    }
    const end = tail.body ? await buffer(tail.body) : Buffer.alloc(0);
    const start = totalOf(tail) - end.length;
    const header = start === 0 ? end.subarray(0, HEADER_BYTES) : await fetchHeader(key, tail);
    if (!header) return 'changed';
    const cipher = await sealing.resume(key, header);
    const last = layout.storedAt(layout.segments - 1);
    cipher.open(end.subarray(last.from - start, last.to + 1 - start), layout.segments - 1, true);

    const first = layout.storedAt(layout.segmentAt(slice.from));
    const { to } = layout.storedAt(layout.segmentAt(slice.to));
    const content = createOpening(cipher, layout, slice);
    const answer = { ...partOf(tail, layout, slice), body: content };
    if (first.from >= start) {
      content.end(end.subarray(first.from - start, to + 1 - start));
      return answer;
    }
    const segments = await stored.open(key, { method: 'GET', range: `bytes=${first.from}-${to}`, ifRange: tail.etag });
    if (segments.is !== 'part' || !segments.body) return changed(segments);
    opened(segments.body, content);
    return answer;
  }

  async function fetchHeader(key: string, { etag }: Found): Promise<Buffer | null> {
    const answer = await stored.open(key, { method: 'GET', range: `bytes=0-${HEADER_BYTES - 1}`, ifRange: etag });
    if (answer.is === 'part' && answer.body) return buffer(answer.body);
    changed(answer);
    return null;
  }

  return {
    async open(key, conditions) {
      for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
        const answer = await look(key, conditions);
        if (answer !== 'changed') return answer;
      }
      throw new Error(`An object changed ${MOST_LOOKS} times while it was read`);
    },
  };
}

/** Lets what `body` brings through `content`; where one of them ends early, so does the other. */
function opened(body: Readable, content: ReturnType<typeof createOpening>): Readable {
  // Whoever reads the content is told by it.
  pipeline(body, content, () => {});
  return content;
}

function changed(answer: ObjectAnswer): 'changed' {
  if ('body' in answer) answer.body?.destroy();
  return 'changed';
}

function gone(answer: Found): ObjectAnswer {
  answer.body?.destroy();
  return { is: 'missing' };
}

function described(answer: Found, range: string | undefined): ObjectAnswer {
  const layout = layoutOf(answer.bytes ?? 0);
  if (range === undefined) return { ...answer, bytes: layout.bytes };
  const slice = sliceOf(range, layout.bytes);
  return slice ? partOf(answer, layout, slice) : { is: 'unsatisfiable' };
}

function partOf(answer: Found, layout: Layout, { from, to }: Slice): Found {
  return { ...answer, is: 'part', bytes: to - from + 1, contentRange: `bytes ${from}-${to}/${layout.bytes}` };
}

/** Of the stored object, from `bytes 0-99/1234`. */
function totalOf({ contentRange }: Found): number {
  return Number(contentRange?.split('/')[1]);
}

/** What a range means of so many bytes, or `null` where it lies beyond them (RFC 9110 §14.1.2). */
function sliceOf(range: string, bytes: number): Slice | null {
  const [first = '', last = ''] = range.slice('bytes='.length).split('-');
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return from <= to ? { from, to } : null;
}

async function readHeader(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let missing = HEADER_BYTES;
  while (missing > 0) {
    const piece: Buffer | null = body.read(Math.min(missing, body.readableLength || missing));
    if (piece) {
      pieces.push(piece);
      missing -= piece.length;
    } else if (body.readableEnded || body.destroyed) {
      throw body.errored ?? new DamagedObject('An object breaks off in its header');
    } else {
      await progress(body);
    }
  }
  return Buffer.concat(pieces);
}

/** Resolves when more can be read of a stream, or nothing more will come. */
function progress(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close', 'error'];
    const done = () => {
      for (const event of events) body.off(event, done);
      resolve();
    };
    for (const event of events) body.on(event, done);
  });
}
