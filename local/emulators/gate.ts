import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { scopeOf } from './authenticator.ts';
import { type AwsError, asAwsError } from './errors.ts';
import { loseAnswer } from './lost-answer.ts';
import { type ServiceName, serviceError } from './service-errors.ts';
import type { SignableRequest } from './sigv4.ts';

/** What is to go wrong with one call. */
export interface Trouble {
  /** Before anything else happens. */
  readonly slowMs: number;
  /** An error's name, an HTTP status, or `reset` for a connection that breaks. */
  readonly error?: string | undefined;
  /** The call is carried out, and the error comes instead of its answer. */
  readonly lost: boolean;
}

/** One request and its answer. */
export interface Exchange extends SignableRequest {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  /**
   * Names the operation once it is known, before anything is done about it: counts it, and lets happen what was ordered to go wrong.
   * @throws AwsError where that ends the call here
   */
  begin(operation: string): Promise<void>;
}

export interface Service {
  /** Answers the exchange, or throws (an AwsError where the caller is at fault). */
  handle(exchange: Exchange): Promise<void>;
  /** Answers with an error in the service's wire format. Called only while no header has been sent. */
  fail(exchange: Exchange, error: AwsError): void;
}

export interface Gate {
  port: number;
  /** Requests by `service:Operation` since the start or the last reset. */
  requests(): Record<string, number>;
  resetRequests(): void;
  stop(): Promise<void>;
}

/**
 * Reads a request body whole.
 * @param limit bytes; a longer body is read to its end (so that the client sees the answer) but not kept
 * @throws whatever `tooLarge` makes
 */
export async function readBody(request: IncomingMessage, limit: number, tooLarge: () => AwsError): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > limit) throw tooLarge();
  return Buffer.concat(chunks);
}

/** Sends a whole answer with its length. */
export function reply(
  exchange: Exchange,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer,
): void {
  const bytes = Buffer.from(body);
  exchange.response.writeHead(status, {
    ...headers,
    'x-amzn-requestid': exchange.requestId,
    'content-length': String(bytes.length),
  });
  exchange.response.end(exchange.method === 'HEAD' ? undefined : bytes);
}

/**
 * Listens on the loopback interface only and hands every request to the service named in its credential scope;
 * what carries none (browser forms, preflights, strangers) is for S3, the only service a browser may speak to.
 */
export async function startGate(options: {
  port: number;
  services: Record<ServiceName, Service>;
  newId: () => string;
  /** Asked about every call of a named operation. */
  troubleOf?: ((service: ServiceName, operation: string) => Trouble | undefined) | undefined;
}): Promise<Gate> {
  const counts = new Map<string, number>();

  async function meet({ slowMs, error, lost }: Trouble, name: ServiceName, exchange: Exchange): Promise<void> {
    if (slowMs > 0) await wait(slowMs, undefined, { ref: false });
    if (error === undefined) return;
    const breakOff = () => void exchange.request.socket.destroy();
    const failure = serviceError(name, error);
    if (lost) {
      loseAnswer(
        exchange.response,
        error === 'reset' ? breakOff : () => options.services[name].fail(exchange, failure),
      );
      return;
    }
    if (error === 'reset') breakOff();
    throw failure;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const signable: SignableRequest = {
      method: request.method ?? 'GET',
      rawPath: mark < 0 ? url : url.slice(0, mark),
      rawQuery: mark < 0 ? '' : url.slice(mark + 1),
      headers: request.headers,
    };
    const named = safely(() => scopeOf(signable)?.service);
    const name: ServiceName = named !== undefined && named in options.services ? (named as ServiceName) : 's3';
    const exchange: Exchange = {
      ...signable,
      request,
      response,
      requestId: options.newId(),
      async begin(operation) {
        const key = `${name}:${operation}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        const trouble = options.troubleOf?.(name, operation);
        if (trouble) await meet(trouble, name, exchange);
      },
    };
    try {
      await options.services[name].handle(exchange);
    } catch (error) {
      if (response.headersSent || request.socket.destroyed) response.destroy();
      else options.services[name].fail(exchange, asAwsError(error));
      drain(request);
    }
  }

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    void serve(request, response);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    resetRequests: () => counts.clear(),
    stop: () => close(server),
  };
}

/**
 * Reads what is left of a refused request: the client can only read the answer, and the connection only carry the next
 * request, once the body is through. Whoever was reading it has stopped, but may have left its listener behind.
 */
function drain(request: IncomingMessage): void {
  request.removeAllListeners('readable');
  setImmediate(() => request.resume());
}

/** A malformed percent-encoding in a query must not end the process: such a request is S3's to refuse. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
