import * as z from 'zod';
import type { Authenticator } from './authenticator.ts';
import { AwsError } from './errors.ts';
import { type Exchange, readBody, reply, type Service } from './gate.ts';
import type { ServiceName } from './service-errors.ts';
import { sha256Hex } from './sigv4.ts';

/** One operation of a JSON service: its input schema and what it does. Answers the output object. */
export interface JsonOperation {
  run(input: unknown, context: { signal: AbortSignal }): Promise<object> | object;
}

/** Ties an input schema to its implementation, so that the implementation sees checked, typed input. */
export function operation<S extends z.ZodType>(
  schema: S,
  run: (input: z.output<S>, context: { signal: AbortSignal }) => Promise<object> | object,
): JsonOperation {
  return { run: (input, context) => run(schema.parse(input), context) };
}

export interface JsonServiceOptions {
  name: ServiceName;
  authenticator: Authenticator;
  operations: Record<string, JsonOperation>;
  /** The operation's name, from the target header or the path. */
  operationOf(exchange: Exchange): string;
  contentType: string;
  /** The code for input of a wrong shape. */
  validationCode: string;
  maxBytes: number;
  /** Further headers and members of an error answer. */
  errorEnvelope(error: AwsError): { headers: Record<string, string>; body: Record<string, unknown> };
}

/** Reads the body, checks that the signature covers it, and hands it on. */
export async function readSigned(
  exchange: Exchange,
  authenticator: Authenticator,
  service: ServiceName,
  maxBytes: number,
): Promise<Buffer> {
  const body = await readBody(
    exchange.request,
    maxBytes,
    () => new AwsError('RequestEntityTooLarge', `The request body is longer than ${maxBytes} bytes.`, 413),
  );
  authenticator.verify(exchange, service, sha256Hex(body));
  return body;
}

/** A service that speaks one of AWS's JSON protocols (1.0, 1.1 or REST-JSON with everything in the body). */
export function jsonService(options: JsonServiceOptions): Service {
  return {
    async handle(exchange) {
      const name = options.operationOf(exchange);
      const operation = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
      await exchange.begin(operation ? name : 'Unknown');
      const abort = new AbortController();
      exchange.response.on('close', () => {
        if (!exchange.response.writableFinished) abort.abort();
      });
      const body = await readSigned(exchange, options.authenticator, options.name, options.maxBytes);
      if (!operation) {
        throw new AwsError(
          'UnknownOperationException',
          `${options.name}: the emulator has no operation '${name}'.`,
          400,
        );
      }
      const output = await run(operation, body, abort.signal, options.validationCode);
      if (!abort.signal.aborted) {
        reply(exchange, 200, { 'content-type': options.contentType }, JSON.stringify(output));
      }
    },
    fail(exchange, error) {
      const { headers, body } = options.errorEnvelope(error);
      const members = { ...error.details, ...body };
      reply(exchange, error.status, { 'content-type': options.contentType, ...headers }, JSON.stringify(members));
    },
  };
}

async function run(operation: JsonOperation, body: Buffer, signal: AbortSignal, code: string): Promise<object> {
  let input: unknown;
  try {
    input = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
  try {
    return await operation.run(input, { signal });
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const fieldList = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const summary = fieldList.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new AwsError(code, `Invalid input. ${summary}`, 400, { fieldList });
  }
}
