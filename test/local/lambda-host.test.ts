import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type InvocationResult, type LambdaHostOptions, startLambdaHost } from '../../local/lambda-host.ts';
import { probe, temporaryFolder } from './fixtures/functions.ts';

function startHost(options: Partial<LambdaHostOptions> = {}) {
  const folder = temporaryFolder();
  const host = startLambdaHost({
    functions: [probe()],
    hostEnvironment: { NODE_COMPILE_CACHE: join(folder, 'cache') },
    logDir: join(folder, 'logs'),
    ...options,
  });
  onTestFinished(() => host.stop());
  return host;
}

function answer(result: InvocationResult): Record<string, unknown> {
  if (!result.ok) throw new Error(`The invocation failed: ${result.error.errorMessage}`);
  return JSON.parse(result.payload);
}

function failure(result: InvocationResult) {
  if (result.ok) throw new Error(`Expected a failed invocation, received ${result.payload}`);
  return result.error;
}

/** A server that answers each request when the test says so. */
async function startServer(onRequest: (path: string, answer: (text: string) => void) => void): Promise<string> {
  const server = createServer((request, response) => onRequest(request.url ?? '', (text) => response.end(text)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an invocation', () => {
  test('gets its event, its context and the environment of the template, and nothing of the host', async () => {
    vi.stubEnv('SECRET_OF_THE_HOST', 'do not tell');
    onTestFinished(() => void vi.unstubAllEnvs());
    const host = startHost();
    const result = answer(await host.invoke('probe', { do: 'echo', number: 1, text: 'ü' }));
    expect(result).toMatchObject({
      event: { do: 'echo', number: 1, text: 'ü' },
      functionName: 'probe',
      memoryLimitInMB: '256',
      arn: probe().arn,
      greeting: 'hello',
      secretOfTheHost: null,
    });
    expect(result.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(result.remaining).toBeGreaterThan(9_000);
    expect(result.remaining).toBeLessThanOrEqual(10_000);
  });

  test('reuses the process of the one before', async () => {
    const host = startHost();
    const first = answer(await host.invoke('probe', { do: 'echo' }));
    const second = answer(await host.invoke('probe', { do: 'echo' }));
    expect(second.pid).toBe(first.pid);
    expect(second.invocations).toBe(2);
  });

  test('leaves what was compiled for it to the processes that come after, though its own will be killed', async () => {
    const cache = join(temporaryFolder(), 'cache');
    const host = startHost({ hostEnvironment: { NODE_COMPILE_CACHE: cache } });
    answer(await host.invoke('probe', { do: 'echo' }));
    const kept = () => (existsSync(cache) ? readdirSync(cache, { recursive: true, withFileTypes: true }) : []);
    await vi.waitFor(() => expect(kept().filter((entry) => entry.isFile())).not.toEqual([]), { timeout: 10_000 });
  });

  test('runs beside another one in a process of its own', async () => {
    const arrived: ((text: string) => void)[] = [];
    const url = await startServer((_, reply) => {
      arrived.push(reply);
      // Neither is answered before both are there: they can only both end if they run at the same time.
      if (arrived.length === 2) for (const answerNow of arrived) answerNow('met');
    });
    const host = startHost();
    const both = await Promise.all([
      host.invoke('probe', { do: 'rendezvous', url }),
      host.invoke('probe', { do: 'rendezvous', url }),
    ]);
    expect(both.map((result) => result.ok && result.payload)).toEqual(['"met"', '"met"']);
  });

  test('waits its turn when all processes it may have are busy', async () => {
    const host = startHost({ maxProcesses: 1 });
    const results = await Promise.all(Array.from({ length: 4 }, () => host.invoke('probe', { do: 'echo' })));
    expect(new Set(results.map((result) => answer(result).pid)).size).toBe(1);
  });

  test('reports a thrown error with its type', async () => {
    const host = startHost();
    expect(failure(await host.invoke('probe', { do: 'fail', message: 'no' }))).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no',
    });
  });

  test('is refused above 6 MB, in and out', async () => {
    const host = startHost();
    const large = failure(await host.invoke('probe', { do: 'echo', text: 'x'.repeat(6 * 1024 * 1024) }));
    expect(large.errorType).toBe('RequestEntityTooLargeException');
    const answered = failure(await host.invoke('probe', { do: 'large', bytes: 6 * 1024 * 1024 }));
    expect(answered.errorType).toBe('Function.ResponseSizeTooLarge');
  });
});

describe('a process that misbehaves', () => {
  test.each([
    ['waits too long', { do: 'hang' }],
    ['never yields', { do: 'spin' }],
  ])('and %s is killed at its timeout, and the next invocation has a new one', async (_, event) => {
    const host = startHost({ functions: [probe({ timeoutSeconds: 1 })] });
    const before = answer(await host.invoke('probe', { do: 'echo' }));
    const error = failure(await host.invoke('probe', event));
    expect(error.errorType).toBe('Sandbox.Timedout');
    expect(error.errorMessage).toContain('Task timed out after 1.00 seconds');
    expect(answer(await host.invoke('probe', { do: 'echo' })).pid).not.toBe(before.pid);
  });

  test('and exits is an error, and the next invocation has a new one', async () => {
    const host = startHost();
    expect(failure(await host.invoke('probe', { do: 'exit', code: 3 }))).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('Runtime exited with error: exit status 3'),
    });
    expect(answer(await host.invoke('probe', { do: 'echo' })).invocations).toBe(1);
  });

  test('and takes more memory than its function has is killed', async () => {
    const host = startHost();
    const error = failure(await host.invoke('probe', { do: 'hoard', megabytes: 600 }));
    expect(error).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: killed'),
    });
    expect(readFileSync(host.logPath('probe'), 'utf8')).toMatch(/used \d+ MB of 256 MB, killed/);
  });

  test('and cannot load its code fails each invocation with the reason', async () => {
    const host = startHost({ functions: [probe({ handler: 'index.missing' })] });
    for (const attempt of [1, 2]) {
      expect(failure(await host.invoke('probe', { attempt })).errorMessage).toContain('no function named "missing"');
    }
  });
});

describe('a planned death', () => {
  test.each(['http', 'fetch'])('comes after the given number of answers (%s)', async (client) => {
    let answered = 0;
    const url = await startServer((_, reply) => {
      answered += 1;
      reply('ok');
    });
    const settled: object[] = [];
    const plan = [2, undefined];
    const host = startHost({
      kills: { next: () => plan.shift(), settle: (_, outcome) => settled.push(outcome) },
    });
    expect(failure(await host.invoke('probe', { do: 'request', url, times: 5, client })).errorType).toBe(
      'Runtime.ExitError',
    );
    expect(answered).toBe(2);
    expect(settled).toEqual([{ killed: true, requests: 0 }]);
    expect(answer(await host.invoke('probe', { do: 'request', url, times: 5, client }))).toBe('survived');
  });

  test('that an invocation outlived is reported with the requests it made', async () => {
    const url = await startServer((_, reply) => reply('ok'));
    const settled: object[] = [];
    const host = startHost({ kills: { next: () => 9, settle: (_, outcome) => settled.push(outcome) } });
    answer(await host.invoke('probe', { do: 'request', url, times: 3 }));
    expect(settled).toEqual([{ killed: false, requests: 3 }]);
  });
});

test('a clock that is wrong, and right again, is so for all of a function and for nothing else', async () => {
  let skewMs = -600_000;
  const host = startHost({ skewOf: () => skewMs });
  const look = async () => {
    const { times, fixed, isDate, remaining, pid } = answer(await host.invoke('probe', { do: 'echo' }));
    expect({ fixed, isDate }).toEqual({ fixed: '1970-01-01T00:00:00.000Z', isDate: true });
    // Until its deadline it has what it really has.
    expect(remaining).toBeGreaterThan(5_000);
    expect(remaining).toBeLessThanOrEqual(10_000);
    return { pid, off: (times as number[]).map((time) => Math.round((time - Date.now()) / 60_000) + 0) };
  };
  const wrong = await look();
  expect(wrong.off).toEqual([-10, -10, -10]);
  skewMs = 3_600_000;
  expect((await look()).off).toEqual([60, 60, 60]);
  skewMs = 0;
  // In the very process whose clock was wrong.
  expect(await look()).toEqual({ pid: wrong.pid, off: [0, 0, 0] });
});

describe('a streaming function', () => {
  const streaming = () => startHost({ functions: [probe({ handler: 'index.stream' })] });

  async function open(host: ReturnType<typeof startHost>, event: object) {
    const result = await host.invokeStream('probe', event);
    if (!result.ok) throw new Error(result.error.errorMessage);
    return result.body;
  }

  test('sends its metadata, eight zero bytes and every byte after them', async () => {
    const host = streaming();
    for (const chunks of [3, 40]) {
      const bytes = await buffer(await open(host, { chunks, size: 100_000 }));
      const delimiter = bytes.indexOf(Buffer.alloc(8));
      expect(JSON.parse(bytes.subarray(0, delimiter).toString())).toEqual({
        statusCode: 206,
        headers: { 'content-type': 'text/plain' },
      });
      expect(bytes.length - delimiter - 8).toBe(chunks * 100_000);
      expect(bytes.at(-1)).toBe(chunks - 1);
    }
  });

  test('is slowed down by a client that does not read', async () => {
    let progressed = -1;
    const progress = await startServer((path, reply) => {
      progressed = Number(path.slice(1));
      reply('ok');
    });
    const host = streaming();
    const body = await open(host, { chunks: 300, size: 50_000, progress });
    // Time enough for another one to run from beginning to end.
    expect((await buffer(await open(host, { chunks: 300, size: 50_000 }))).length).toBeGreaterThan(15_000_000);
    expect(progressed).toBeLessThan(50);
    expect((await buffer(body)).length).toBeGreaterThan(15_000_000);
    expect(progressed).toBe(299);
  });

  test('goes on to its next invocation when a client left half-way', async () => {
    const host = streaming();
    const left = await open(host, { chunks: 20, size: 1024 * 1024 });
    await once(left, 'readable');
    left.destroy();
    expect((await buffer(await open(host, { chunks: 1, size: 10 }))).at(-1)).toBe(0);
  });

  test('that breaks half-way breaks the body, not the next one', async () => {
    const host = streaming();
    const broken = await open(host, { chunks: 5, size: 10, failAt: 2 });
    await expect(buffer(broken)).rejects.toThrow('the stream broke');
    expect((await buffer(await open(host, { chunks: 1, size: 10 }))).at(-1)).toBe(0);
  });
});

test('what a function prints is in its log, between the entries of the platform', async () => {
  const host = startHost();
  await host.invoke('probe', { do: 'log', line: '{"level":"INFO","message":"hi"}' });
  await vi.waitFor(() => {
    const lines = readFileSync(host.logPath('probe'), 'utf8').trim().split('\n');
    expect(lines).toContain('{"level":"INFO","message":"hi"}');
    expect(lines.map((line) => JSON.parse(line).type).filter(Boolean)).toEqual([
      'platform.initStart',
      'platform.start',
      'platform.report',
    ]);
  });
});
