import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type { Authenticator } from './authenticator.ts';
import { quickenReads } from './dynamodb-store.ts';
import { reply, type Service } from './gate.ts';
import { readSigned } from './json-service.ts';

type Dynalite = (options: {
  path: string;
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
}) => Server;

// CommonJS without types.
const require = createRequire(import.meta.url);
const dynalite = require('dynalite') as Dynalite;
quickenReads();

/** DynamoDB's own request limit is 16 MB. */
const MAX_BYTES = 16 * 1024 * 1024;
/** How long a table stays CREATING (ms): callers must wait for ACTIVE as with the real service, but not for long. */
const TABLE_STATE_MS = 5;

/**
 * DynamoDB by dynalite on LevelDB under `directory`. Its HTTP handler is called from the gate, after the signature was
 * checked; its own socket (which it needs in order to close its store) answers nothing.
 */
export async function startDynamoDb(options: {
  directory: string;
  authenticator: Authenticator;
}): Promise<Service & { stop(): Promise<void> }> {
  mkdirSync(options.directory, { recursive: true });
  const server = dynalite({
    path: options.directory,
    createTableMs: TABLE_STATE_MS,
    deleteTableMs: TABLE_STATE_MS,
    updateTableMs: TABLE_STATE_MS,
  });
  const [handler] = server.listeners('request') as [(request: IncomingMessage, response: ServerResponse) => void];
  server.removeAllListeners('request');
  server.on('request', (_, response) => response.writeHead(403).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    async handle(exchange) {
      const operation = String(exchange.headers['x-amz-target'] ?? '').split('.')[1];
      await exchange.begin(operation ?? 'Unknown');
      const body = await readSigned(exchange, options.authenticator, 'dynamodb', MAX_BYTES);
      const { method, headers, url } = exchange.request;
      const replay = Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, headers, url });
      handler(replay as unknown as IncomingMessage, exchange.response);
      await once(exchange.response, 'close');
    },
    fail(exchange, error) {
      const body = { __type: `com.amazon.coral.service#${error.code}`, message: error.message };
      reply(exchange, error.status, { 'content-type': 'application/x-amz-json-1.0' }, JSON.stringify(body));
    },
    stop() {
      return new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
      });
    },
  };
}
