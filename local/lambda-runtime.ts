import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { createClock } from './lambda/clock.ts';
import { createFrameWriter } from './lambda/frames.ts';
import { type FromFunction, type FunctionError, STREAM_FD, type ToFunction } from './lambda/messages.ts';
import { countAnsweredRequests } from './lambda/requests.ts';
import { installStreamingGlobal, isStreaming } from './lambda/streaming.ts';

/**
 * Runs inside a function's process: the part of Lambda's Node.js runtime that a function can see. Loads the handler once, then
 * answers one invocation after another. What it is told comes over IPC; streamed bytes leave on a pipe of their own.
 */

const MEMORY_CHECK_MS = 100;
const MEBIBYTE = 1024 * 1024;

const clock = createClock();
const memoryLimitMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
let invocation: ToFunction | undefined;
let maxMemoryMb = 0;
let compiledKept = false;

function report(message: FromFunction, sent: () => void = () => {}): void {
  process.send?.(message, sent);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function describeError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
}

function checkMemory(): void {
  const usedMb = Math.ceil(process.memoryUsage.rss() / MEBIBYTE);
  maxMemoryMb = Math.max(maxMemoryMb, usedMb);
  if (usedMb > memoryLimitMb) report({ type: 'out-of-memory', usedMb }, die);
}

const requests = countAnsweredRequests((answered) => {
  if (invocation?.dieAfterRequests === answered) die();
});

async function loadHandler(): Promise<(event: unknown, context: unknown) => unknown> {
  const [file = '', name = ''] = (process.env._HANDLER ?? '').split('.');
  const root = process.env.LAMBDA_TASK_ROOT ?? process.cwd();
  const path = ['.mjs', '.js', '.cjs']
    .map((ext) => join(root, `${file}${ext}`))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`Expected ${file}.mjs, .js or .cjs in ${root}; bundle the function again`);
  const module: Record<string, unknown> = await import(pathToFileURL(path).href);
  const handler = module[name];
  if (typeof handler !== 'function') throw new Error(`${path} exports no function named "${name}"`);
  return handler as (event: unknown, context: unknown) => unknown;
}

function createContext({ requestId, deadline }: ToFunction): object {
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? '';
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
    invokedFunctionArn: process.env.SHOEBOX_LOCAL_FUNCTION_ARN ?? '',
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME ?? '',
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? '',
    memoryLimitInMB: String(memoryLimitMb),
  };
}

async function run(handler: (event: unknown, context: unknown) => unknown, current: ToFunction): Promise<unknown> {
  const event: unknown = JSON.parse(current.event);
  const context = createContext(current);
  if (!isStreaming(handler)) return handler(event, context);
  const stream = createFrameWriter(pipe());
  try {
    await handler(event, stream, context);
  } catch (error) {
    stream.destroy();
    throw error;
  }
  stream.end();
  await finished(stream);
  return null;
}

let streamPipe: Socket | undefined;
function pipe(): Socket {
  streamPipe ??= new Socket({ fd: STREAM_FD, readable: false, writable: true });
  return streamPipe;
}

/** As X-Ray writes it: the time in seconds, 24 random hex digits, and 16 of the segment. */
function newTraceHeader(now: Date, random: string): string {
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=1`;
}

async function answer(handler: (event: unknown, context: unknown) => unknown, current: ToFunction): Promise<void> {
  invocation = current;
  process.env._X_AMZN_TRACE_ID = newTraceHeader(new Date(), randomBytes(20).toString('hex'));
  requests.reset();
  clock.skew(current.skewMs ?? 0);
  if (current.dieAfterRequests === 0) die();
  let outcome: { type: 'succeeded'; payload: string } | { type: 'failed'; error: FunctionError };
  try {
    const result = await run(handler, current);
    outcome = { type: 'succeeded', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    outcome = { type: 'failed', error: describeError(error) };
  }
  invocation = undefined;
  checkMemory();
  report({ ...outcome, streamed: isStreaming(handler), requests: requests.answered(), maxMemoryMb });
  keepCompiled();
}

/** Node keeps what it has compiled when a process exits; this one is mostly killed. After one answer there is most of it. */
function keepCompiled(): void {
  if (compiledKept) return;
  compiledKept = true;
  setImmediate(flushCompileCache);
}

async function main(): Promise<void> {
  // A Ctrl-C in the terminal reaches the whole process group; the host decides when its functions end.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  // The host is gone, perhaps killed: nobody is left to answer to.
  process.on('disconnect', () => process.exit(0));
  setInterval(checkMemory, MEMORY_CHECK_MS).unref();
  installStreamingGlobal();
  try {
    const handler = await loadHandler();
    process.on('message', (message: ToFunction) => void answer(handler, message));
    report({ type: 'ready' });
  } catch (error) {
    report({ type: 'init-failed', error: describeError(error) }, () => process.exit(1));
  }
}

await main();
