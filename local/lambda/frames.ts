import { Readable, Writable } from 'node:stream';

/**
 * One pipe carries one response after another: each chunk is preceded by its length (four bytes, big-endian), and a length of
 * zero ends a response. The pipe's own flow control is what slows a function down to the pace of its client.
 */

const HEADER = 4;

/** A writable whose bytes go into `pipe` as frames; ending it ends the response, not the pipe. */
export function createFrameWriter(pipe: Writable): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length === 0) return done();
      const header = Buffer.alloc(HEADER);
      header.writeUInt32BE(chunk.length);
      pipe.write(header);
      pipe.write(chunk, done);
    },
    final(done) {
      pipe.write(Buffer.alloc(HEADER), done);
    },
  });
}

export interface FrameListener {
  /** A response begins. Its bytes stop the pipe while nobody reads them; destroying it lets the rest pass unread. */
  onResponse(body: Readable): void;
  /** The last byte of the response is through: the pipe is free for the next one. */
  onEnd(): void;
}

/** Reads framed responses off `pipe`; one cut short by the end of the pipe is destroyed with an error. */
export function readFrames(pipe: Readable, listener: FrameListener): void {
  let body: Readable | undefined;
  let header: Buffer = Buffer.alloc(0);
  let left = 0;

  function begin(): Readable {
    const begun = new Readable({
      read: () => void pipe.resume(),
      destroy(error, done) {
        pipe.resume();
        done(error);
      },
    });
    listener.onResponse(begun);
    return begun;
  }

  function end(): void {
    if (!body?.destroyed) body?.push(null);
    body = undefined;
    listener.onEnd();
  }

  /** Takes one header or one piece of a frame off the front of `chunk`; answers the rest. */
  function take(chunk: Buffer): Buffer {
    body ??= begin();
    if (left > 0) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (!body.destroyed && !body.push(part)) pipe.pause();
      return chunk.subarray(part.length);
    }
    const missing = HEADER - header.length;
    header = Buffer.concat([header, chunk.subarray(0, missing)]);
    if (header.length === HEADER) {
      left = header.readUInt32BE();
      header = Buffer.alloc(0);
      if (left === 0) end();
    }
    return chunk.subarray(missing);
  }

  pipe.on('data', (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0) rest = take(rest);
  });
  const cut = () => body?.destroy(new Error('The function ended before its response did'));
  pipe.on('close', cut);
  pipe.on('error', cut);
}
