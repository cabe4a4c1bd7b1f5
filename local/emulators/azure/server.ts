import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { completeChat } from './chat.ts';
import { createEmbeddings } from './embeddings.ts';
import { AzureError, badKey, invalidRequest, notFound, serverError, throttled, unknownDeployment } from './errors.ts';
import { type AzureFaults, FaultPlan } from './faults.ts';
import { startVision, type VisionOptions } from './vision/client.ts';
import { rememberSeen } from './vision/remember.ts';

const BIGGEST_BODY_BYTES = 64 * 1024 * 1024;

export interface AzureOptions extends VisionOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** The one key that is accepted. */
  readonly apiKey: string;
  readonly deployments: { readonly chat: string; readonly embedding: string };
  readonly faults?: AzureFaults | string;
  /** Decides which answers a share of faults spoils: numbers from 0 up to, not including, 1. */
  readonly random?: () => number;
  readonly clock?: () => Date;
  readonly newId?: () => string;
  /** Told of errors that are the emulator's own fault (the client gets a 500). Default: standard error. */
  readonly log?: (message: string) => void;
}

export interface AzureEmulator {
  /** What belongs into `AZURE_OPENAI_ENDPOINT`. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** Replaces all faults ordered before; `{}` or `''` ends them. */
  setFaults(faults: AzureFaults | string): void;
  /** Process id of the process that looks at pictures; undefined while none runs. */
  visionPid(): number | undefined;
  /** How many calls were asked, and how many of them answered with 429. */
  asked(): { calls: number; throttled: number };
  /** Ends open connections, the server and its child process. */
  stop(): Promise<void>;
}

/**
 * Starts the Azure OpenAI emulator on 127.0.0.1: chat completions (with pictures and structured output) and embeddings,
 * by the routes, checks and error bodies of the real service. Pictures are looked at in a child process, which starts
 * at the first picture and comes back by itself if it dies.
 */
export async function startAzure(options: AzureOptions): Promise<AzureEmulator> {
  const {
    clock = () => new Date(),
    newId = randomUUID,
    log = (message) => process.stderr.write(`${message}\n`),
  } = options;
  const faults = new FaultPlan(clock, options.random);
  faults.set(options.faults ?? {});
  const vision = startVision(options);
  const see = rememberSeen(vision.see);
  const asked = { calls: 0, throttled: 0 };
  const stopped = new AbortController();

  const server = createServer(async (request, response) => {
    try {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const body = await answer(request, gone.signal);
      send(response, 200, body);
    } catch (error) {
      // The client hung up, or we are closing: nobody is left to answer.
      if (stopped.signal.aborted || response.destroyed || request.errored) return void response.destroy();
      if (!(error instanceof AzureError))
        log(`azure emulator: ${error instanceof Error ? error.stack : String(error)}`);
      const failure = error instanceof AzureError ? error : serverError();
      send(response, failure.status, failure.body, failure.headers);
    }
  });

  async function answer(request: IncomingMessage, gone: AbortSignal): Promise<object> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await readBody(request);
    if (!sameKey(request.headers['api-key'], options.apiKey)) throw badKey();
    const [, deployment, operation] =
      /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/.exec(url.pathname) ?? [];
    const apiVersion = url.searchParams.get('api-version') ?? '';
    if (!deployment || !/^20\d\d-\d\d-\d\d(-preview)?$/.test(apiVersion)) throw notFound();
    if (request.method !== 'POST') throw notFound();
    const name = decodeURIComponent(deployment);
    const { chat, embedding } = options.deployments;
    if (name !== chat && name !== embedding) throw unknownDeployment();
    const expected = operation === 'embeddings' ? embedding : chat;
    const kind = operation === 'embeddings' ? 'Embeddings_Create' : 'ChatCompletions_Create';
    if (name !== expected) {
      const label = operation === 'embeddings' ? 'embeddings' : 'chatCompletion';
      throw new AzureError(400, {
        code: 'OperationNotSupported',
        message: `The ${label} operation does not work with the specified model. Please choose different model and try again.`,
      });
    }
    asked.calls += 1;
    const retryAfter = faults.takeThrottle();
    if (retryAfter !== undefined) {
      asked.throttled += 1;
      throw throttled(kind, apiVersion, retryAfter);
    }
    if (faults.take('error')) throw serverError(faults.retryAfter);
    if (faults.take('slow'))
      await wait(faults.slowMilliseconds, undefined, { signal: AbortSignal.any([stopped.signal, gone]), ref: false });
    const json = parseBody(body);
    if (operation === 'embeddings') return createEmbeddings(json);
    return completeChat(json, { apiVersion, clock, newId, faults, see: (image) => see(image, gone) });
  }

  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    apiKey: options.apiKey,
    setFaults: (ordered) => faults.set(ordered),
    visionPid: vision.pid,
    asked: () => ({ ...asked }),
    async stop() {
      stopped.abort();
      server.closeAllConnections();
      await Promise.all([new Promise((resolve) => server.close(resolve)), vision.stop()]);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'apim-request-id': randomUUID(), ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BIGGEST_BODY_BYTES)
      throw new AzureError(413, { code: 'RequestEntityTooLarge', message: 'Request body too large.' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseBody(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidRequest('We could not parse the JSON body of your request. The API expects a JSON payload.');
}

function sameKey(received: string | string[] | undefined, expected: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return typeof received === 'string' && timingSafeEqual(digest(received), digest(expected));
}
