import type { Writable } from 'node:stream';

/**
 * The `awslambda` global of Lambda's Node.js runtime: marks a handler as streaming, and puts the HTTP metadata in front of
 * its bytes. Format: API Gateway developer guide, "Lambda proxy integration with payload response streaming".
 */

const STREAMING = Symbol('streaming handler');

/** Separates the JSON metadata from the body: eight zero bytes. */
export const METADATA_DELIMITER: Buffer = Buffer.alloc(8);

export type StreamingHandler = (event: unknown, stream: Writable, context: unknown) => Promise<unknown>;

export function isStreaming(handler: unknown): handler is StreamingHandler {
  return typeof handler === 'function' && STREAMING in handler;
}

/** Makes the `awslambda` global that bundled code refers to. */
export function installStreamingGlobal(): void {
  const awslambda = {
    streamifyResponse: (handler: StreamingHandler) => Object.assign(handler, { [STREAMING]: true }),
    HttpResponseStream: {
      from(stream: Writable, metadata: unknown): Writable {
        stream.write(Buffer.concat([Buffer.from(JSON.stringify(metadata ?? {})), METADATA_DELIMITER]));
        return stream;
      },
    },
  };
  Object.assign(globalThis, { awslambda });
}
