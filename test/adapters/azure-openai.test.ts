import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import {
  AzureMalformed,
  AzureMisconfigured,
  type AzureOpenAIOptions,
  AzureRejected,
  AzureUnavailable,
  createAzureOpenAI,
} from '../../shared/adapters/azure-openai.ts';
import { draw } from '../local/emulators/azure/drawings.ts';

let azure: AzureEmulator;
let image: Uint8Array;
const servers: Server[] = [];

beforeAll(async () => {
  azure = await startAzure({ apiKey: 'secret-key', deployments: { chat: 'chat', embedding: 'words' } });
  image = await draw('oranges');
});
afterAll(() => azure.stop());
afterEach(async () => {
  azure.setFaults({});
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const adapter = (options: Partial<AzureOpenAIOptions> = {}) =>
  createAzureOpenAI({
    endpoint: azure.endpoint,
    apiKey: async () => 'secret-key',
    apiVersion: '2024-10-21',
    chatDeployment: 'chat',
    embeddingDeployment: 'words',
    timeoutMs: 20_000,
    ...options,
  });

const describeImage = (options: Partial<AzureOpenAIOptions> = {}) =>
  adapter(options).describe({ image, contentType: 'image/webp' });

/** A server that misbehaves below the level of the protocol. */
async function misbehaving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const completion = (choice: object) =>
  misbehaving((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        model: 'gpt-4o-2024-08-06',
        choices: [choice],
        usage: { prompt_tokens: 9, completion_tokens: 4 },
      }),
    );
  });

describe('describe', () => {
  test('tells what is in the picture, in words within limits, with model and tokens', async () => {
    const outcome = await adapter().describe({
      image,
      contentType: 'image/webp',
      takenAt: '2024-05-01T10:00:00',
      place: 'Lyon',
    });
    expect(outcome).toMatchObject({
      kind: 'described',
      text: '',
      filename: expect.stringMatching(/^[a-z0-9-]+$/),
      model: 'gpt-4o-mini-2024-07-18',
    });
    if (outcome.kind !== 'described') throw new Error(outcome.reason);
    expect(outcome.tags).toEqual(expect.arrayContaining(['orange', 'fruit']));
    expect(outcome.tokens.input).toBeGreaterThan(700);
    expect(outcome.tokens.output).toBeGreaterThan(10);
  });

  test.each([
    ['azure:refuse400=1', 'content_filter'],
    ['azure:refuse_finish=1', 'content_filter'],
    ['azure:refusal=1', 'model_refusal'],
  ])('%s is an outcome, not an error', async (fault, reason) => {
    azure.setFaults(fault);
    expect(await describeImage()).toMatchObject({ kind: 'refused', reason });
  });

  test('another shape is invalid, and says what it cost', async () => {
    azure.setFaults('azure:malformed=1');
    expect(await describeImage()).toMatchObject({ kind: 'invalid', tokens: { input: expect.any(Number) } });
  });

  test.each([
    ['content that is no JSON', { finish_reason: 'stop', message: { content: '{"title": "half' } }],
    ['content that was cut off', { finish_reason: 'length', message: { content: '{}' } }],
    ['no content', { finish_reason: 'stop', message: { content: null } }],
    ['no message', {}],
  ])('%s is invalid', async (_, choice) => {
    const endpoint = await completion(choice);
    expect(await describeImage({ endpoint })).toMatchObject({
      kind: 'invalid',
      model: 'gpt-4o-2024-08-06',
      tokens: { input: 9, output: 4 },
    });
  });

  test('a body that is no JSON is invalid', async () => {
    const endpoint = await misbehaving((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"choices": [');
    });
    expect(await describeImage({ endpoint })).toMatchObject({ kind: 'invalid' });
    const page = await misbehaving((_, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>Proxy</h1>'),
    );
    expect(await describeImage({ endpoint: page })).toMatchObject({ kind: 'invalid' });
  });

  test('a picture Azure cannot read is invalid', async () => {
    const outcome = await adapter().describe({ image: Buffer.from('no picture'), contentType: 'image/webp' });
    expect(outcome).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('image_parse_error') });
  });
});

describe('unavailable', () => {
  test.each([
    ['seconds', { retryAfter: 42 }, 42],
    ['a date', { retryAfter: 'Wed, 21 Oct 2026 07:28:30 GMT' }, 30],
    ['less than a second', { retryAfter: 0 }, 1],
    ['a day', { retryAfter: 86_400 }, 3_600],
    ['nonsense', { retryAfter: 'soon' }, undefined],
  ])('429 with Retry-After as %s', async (_, fault, seconds) => {
    azure.setFaults({ throttle: 1, ...fault });
    const error = await describeImage({ clock: () => new Date('2026-10-21T07:28:00Z') }).catch((reason) => reason);
    expect(error).toBeInstanceOf(AzureUnavailable);
    expect(error).toMatchObject({ status: 429, retryAfterSeconds: seconds });
  });

  test('retry-after-ms goes before Retry-After', async () => {
    const endpoint = await misbehaving((_, response) =>
      response.writeHead(429, { 'retry-after-ms': '2500', 'retry-after': '99' }).end('{}'),
    );
    await expect(describeImage({ endpoint })).rejects.toMatchObject({ retryAfterSeconds: 3 });
  });

  test('asks once: it never retries by itself', async () => {
    let requests = 0;
    const endpoint = await misbehaving((_, response) => {
      requests += 1;
      response.writeHead(503).end();
    });
    await expect(describeImage({ endpoint })).rejects.toMatchObject({ status: 503 });
    expect(requests).toBe(1);
  });

  test('500', async () => {
    azure.setFaults({ error: 1 });
    await expect(adapter().embed(['x'])).rejects.toBeInstanceOf(AzureUnavailable);
  });

  test('an answer that never comes, or never ends', async () => {
    const silent = await misbehaving(() => undefined);
    await expect(describeImage({ endpoint: silent, timeoutMs: 150 })).rejects.toBeInstanceOf(AzureUnavailable);
    for (const status of [200, 500]) {
      const endless = await misbehaving(
        (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).write('{'),
      );
      await expect(describeImage({ endpoint: endless, timeoutMs: 150 })).rejects.toBeInstanceOf(AzureUnavailable);
    }
  });

  test('a connection refused, or broken in the middle', async () => {
    await expect(describeImage({ endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      name: 'AzureUnavailable',
      status: undefined,
    });
    const broken = await misbehaving((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    await expect(describeImage({ endpoint: broken })).rejects.toBeInstanceOf(AzureUnavailable);
  });
});

describe('misconfigured', () => {
  test.each<[string, Partial<AzureOpenAIOptions>, string]>([
    ['a wrong key', { apiKey: async () => 'not-the-key' }, 'AZURE_OPENAI_API_KEY'],
    ['an empty key', { apiKey: async () => '' }, 'AZURE_OPENAI_API_KEY'],
    ['an unknown deployment', { chatDeployment: 'nobody' }, 'AZURE_OPENAI_DEPLOYMENT_NAME'],
    ['a version nobody serves', { apiVersion: 'latest' }, 'AZURE_OPENAI_ENDPOINT'],
  ])('%s names the setting, keeps the key, and counts as turned away', async (_, options, setting) => {
    const called: boolean[] = [];
    const observer = { called: ({ throttled }: { throttled: boolean }) => called.push(throttled), spent: () => {} };
    const error = await describeImage({ ...options, observer }).catch((reason) => reason);
    expect(error).toBeInstanceOf(AzureMisconfigured);
    // What the alarm counts: nothing else tells that photos wait.
    expect(called).toEqual([true]);
    expect(error).toMatchObject({ setting, message: expect.stringContaining(setting) });
    expect(error.message).not.toMatch(/not-the-key|secret-key/);
  });

  test.each([
    { code: 'OperationNotSupported', message: 'The chatCompletion operation does not work with the specified model.' },
    { code: 'BadRequest', message: 'response_format value as json_schema is enabled only for later api versions' },
    { code: 'unsupported_parameter', param: 'max_completion_tokens', message: 'Unrecognized request argument.' },
  ])(
    'a request that this deployment knows for no photo ($code) is a wrong setting, not a wrong photo',
    async (error) => {
      const endpoint = await misbehaving((_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      });
      await expect(describeImage({ endpoint })).rejects.toBeInstanceOf(AzureMisconfigured);
    },
  );

  test('an unknown embedding deployment names its own setting', async () => {
    await expect(adapter({ embeddingDeployment: 'nobody' }).embed(['x'])).rejects.toMatchObject({
      setting: 'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
    });
  });

  test('a key that changes is used from the next call on', async () => {
    let key = 'old';
    const changing = adapter({ apiKey: async () => key });
    await expect(changing.embed(['x'])).rejects.toBeInstanceOf(AzureMisconfigured);
    key = 'secret-key';
    await expect(changing.embed(['x'])).resolves.toBeDefined();
  });
});

describe('embed', () => {
  test('gives a unit vector of 512 numbers per text, in order', async () => {
    const { vectors, tokens, model } = await adapter().embed(['a dog', 'a car', 'the dog']);
    expect(vectors.map((vector) => vector.length)).toEqual([512, 512, 512]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    const closeness = (a = 0, b = 0) =>
      vectors[a]?.reduce((sum, value, index) => sum + value * (vectors[b]?.[index] ?? 0), 0);
    expect(closeness(0, 2)).toBeCloseTo(1, 5);
    expect(closeness(0, 1)).toBeLessThan(0.5);
    expect({ tokens, model }).toEqual({ tokens: { input: 6, output: 0 }, model: 'text-embedding-3-small' });
  });

  test('input that Azure does not take is rejected for good', async () => {
    await expect(adapter().embed(['word '.repeat(9_000)])).rejects.toBeInstanceOf(AzureRejected);
  });

  test.each([
    ['too few vectors', { data: [] }],
    ['another length', { data: [{ index: 0, embedding: [1, 0] }] }],
    ['zeros', { data: [{ index: 0, embedding: new Array(512).fill(0) }] }],
    ['no data', {}],
  ])('%s are malformed', async (_, body) => {
    const endpoint = await misbehaving((__, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
    await expect(adapter({ endpoint }).embed(['x'])).rejects.toBeInstanceOf(AzureMalformed);
  });
});

describe('nameCluster', () => {
  const descriptions = [
    'Dog amid greenery. It shows an animal: a dog.',
    'Two dogs in grey. It shows an animal: two dogs.',
  ];

  test('finds a short name unlike its siblings', async () => {
    expect(await adapter().nameCluster({ descriptions, siblings: [] })).toMatchObject({ kind: 'named', name: 'Dog' });
    const second = await adapter().nameCluster({ descriptions, siblings: ['DOG'] });
    expect(second).toMatchObject({ kind: 'named', tokens: { input: expect.any(Number) } });
    expect(second.kind === 'named' && second.name.toLowerCase()).not.toBe('dog');
  });

  test('refusals and nonsense are outcomes here, too', async () => {
    azure.setFaults({ refusal: 1 });
    expect(await adapter().nameCluster({ descriptions, siblings: [] })).toMatchObject({ kind: 'refused' });
    azure.setFaults({ malformed: 1 });
    expect(await adapter().nameCluster({ descriptions, siblings: [] })).toMatchObject({ kind: 'invalid' });
  });
});
