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

export interface FrameReader {
  /** Begins the next response; its bytes stop the pipe while nobody reads them. */
  open(): Readable;
}

/**
 * Reads framed responses off `pipe`. A destroyed response is drained, so that the function can finish writing; one cut short by
 * the end of the pipe is destroyed with an error.
 */
export function createFrameReader(pipe: Readable): FrameReader {
  let current: Readable | undefined;
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;

  function end(): void {
    current?.push(null);
    current = undefined;
  }

  pipe.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length > 0) {
      if (left === 0) {
        if (pending.length < HEADER) return;
        left = pending.readUInt32BE();
        pending = pending.subarray(HEADER);
        if (left === 0) end();
        continue;
      }
      const part = pending.subarray(0, left);
      pending = pending.subarray(part.length);
      left -= part.length;
      const wanted = current === undefined || current.destroyed || current.push(part);
      if (!wanted) pipe.pause();
    }
  });
  const cut = () => current?.destroy(new Error('The function ended before its response did'));
  pipe.on('close', cut);
  pipe.on('error', cut);

  return {
    open() {
      const response = new Readable({
        read: () => void pipe.resume(),
        destroy(error, done) {
          pipe.resume();
          done(error);
        },
      });
      current = response;
      return response;
    },
  };
}
