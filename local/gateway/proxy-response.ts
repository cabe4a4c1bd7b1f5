import type { Readable } from 'node:stream';
import * as z from 'zod';
import { METADATA_DELIMITER } from '../lambda/streaming.ts';
import type { ApiDefinition } from './api.ts';
import { type GatewayRequest, header, matchesMediaType } from './event.ts';
import { GatewayRefusal } from './responses.ts';

/** Turns what a function answers into what the client gets (API Gateway developer guide, "Output format", REST API). */

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const headSchema = z.object({
  statusCode: z.coerce.number().int().min(100).max(599).default(200),
  headers: z.record(z.string(), scalar).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(scalar)).nullish(),
  cookies: z.array(z.string()).nullish(),
});
const responseSchema = headSchema.extend({
  statusCode: z.coerce.number().int().min(100).max(599),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

export interface ResponseHead {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

const LONGEST_METADATA = 16 * 1024;

/** The gateway owns these: what a function sets arrives under another name ("Amazon API Gateway important notes"). */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'date',
  'host',
  'server',
  'www-authenticate',
]);
const DROPPED = new Set(['transfer-encoding', 'upgrade', 'te', 'trailer', 'expect']);

function readHead(head: z.infer<typeof headSchema>, keep: readonly string[] = []): ResponseHead {
  const merged = new Map<string, [string, string][]>();
  for (const [name, value] of Object.entries(head.headers ?? {})) merged.set(name.toLowerCase(), [[name, value]]);
  for (const [name, values] of Object.entries(head.multiValueHeaders ?? {})) {
    merged.set(
      name.toLowerCase(),
      values.map((value) => [name, value]),
    );
  }
  const cookies = (head.cookies ?? []).map((cookie): [string, string] => ['Set-Cookie', cookie]);
  const headers = [...[...merged.values()].flat(), ...cookies]
    .filter(([name]) => !DROPPED.has(name.toLowerCase()))
    .map(([name, value]): [string, string] => {
      const lower = name.toLowerCase();
      return REMAPPED.has(lower) && !keep.includes(lower) ? [`x-amzn-Remapped-${name}`, value] : [name, value];
    });
  return { status: head.statusCode, headers };
}

function refuse(reason: string): GatewayRefusal {
  return new GatewayRefusal('DEFAULT_5XX', `malformed Lambda proxy response: ${reason}`);
}

/** Reads a buffered answer. Throws a `GatewayRefusal` (502) for one of another shape. */
export function readResponse(
  api: ApiDefinition,
  request: GatewayRequest,
  payload: string,
): ResponseHead & { body: Buffer } {
  const parsed = responseSchema.safeParse(JSON.parse(payload));
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error));
  const { body, isBase64Encoded } = parsed.data;
  const head = readHead(parsed.data);
  // Base64 becomes bytes only for a client that asks for a binary type of the API's; others get the text.
  const binary =
    isBase64Encoded === true && matchesMediaType(api.binaryMediaTypes, header(request, 'accept') ?? 'application/json');
  const hasType = head.headers.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status: head.status,
    headers: hasType ? head.headers : [...head.headers, ['Content-Type', 'application/json']],
    body: Buffer.from(body ?? '', binary ? 'base64' : 'utf8'),
  };
}

/**
 * Reads the metadata off the front of a streamed answer; what follows stays in the stream. Throws a `GatewayRefusal` (502) when
 * the stream ends or goes on too long without metadata and its delimiter.
 */
export async function readStreamHead(stream: Readable): Promise<ResponseHead> {
  let seen: Buffer = Buffer.alloc(0);
  while (seen.length <= LONGEST_METADATA) {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) {
      if (!(await becomesReadable(stream))) break;
      continue;
    }
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf(METADATA_DELIMITER);
    if (end < 0) continue;
    const rest = seen.subarray(end + METADATA_DELIMITER.length);
    if (rest.length > 0) stream.unshift(rest);
    return parseStreamHead(seen.subarray(0, end).toString());
  }
  stream.destroy();
  throw refuse('a streamed answer must begin with JSON metadata and eight zero bytes');
}

function parseStreamHead(text: string): ResponseHead {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    throw refuse('the metadata of the stream is not JSON');
  }
  const parsed = headSchema.safeParse(metadata);
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error));
  return readHead(parsed.data, ['content-length']);
}

/** Resolves to false once the stream is over. */
function becomesReadable(stream: Readable): Promise<boolean> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve(false);
    const settle = (readable: boolean) => {
      for (const name of ['readable', 'end', 'close', 'error']) stream.off(name, name === 'readable' ? more : over);
      resolve(readable);
    };
    const more = () => settle(true);
    const over = () => settle(false);
    stream.on('readable', more);
    for (const name of ['end', 'close', 'error']) stream.on(name, over);
  });
}
