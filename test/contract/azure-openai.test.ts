import { AzureOpenAI } from 'openai';
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';

/** What Azure OpenAI's reference documents, asked through the unmodified client: the emulator must answer the same. */

const API_VERSION = '2024-10-21';
let azure: AzureEmulator;
let pixel: string;

beforeAll(async () => {
  azure = await startAzure({ apiKey: 'right', deployments: { chat: 'our-chat', embedding: 'our-embedding' } });
  const image = await sharp({ create: { width: 800, height: 600, channels: 3, background: '#3070c0' } })
    .webp()
    .toBuffer();
  pixel = `data:image/webp;base64,${image.toString('base64')}`;
});
afterAll(() => azure.stop());
afterEach(() => azure.setFaults({}));

const client = (options: { apiKey?: string; apiVersion?: string } = {}) =>
  new AzureOpenAI({
    endpoint: azure.endpoint,
    apiKey: 'right',
    apiVersion: API_VERSION,
    maxRetries: 0,
    logLevel: 'off',
    ...options,
  });

const schemaFormat = (schema: Record<string, unknown>) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'answer', strict: true, schema },
});

const closed = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/** A request about one picture; by default one that succeeds. */
function ask(
  extra: Partial<ChatCompletionCreateParamsNonStreaming> = {},
  url = pixel,
): ChatCompletionCreateParamsNonStreaming {
  const picture: ChatCompletionContentPart = { type: 'image_url', image_url: { url } };
  return {
    model: 'our-chat',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, picture] }],
    ...extra,
  };
}

const create = (body: ChatCompletionCreateParamsNonStreaming) => client().chat.completions.create(body);

describe('access', () => {
  const embed = (asked: AzureOpenAI, model = 'our-embedding') => asked.embeddings.create({ model, input: 'x' });

  test('a wrong key is 401', async () => {
    await expect(embed(client({ apiKey: 'wrong' }))).rejects.toMatchObject({ status: 401, code: '401' });
  });
  test('an unknown deployment is 404 DeploymentNotFound', async () => {
    await expect(embed(client(), 'nobody')).rejects.toMatchObject({ status: 404, code: 'DeploymentNotFound' });
  });
  test.each(['', 'yesterday'])('api-version "%s" is 404 Resource not found', async (version) => {
    const url = `${azure.endpoint}/openai/deployments/our-embedding/embeddings?api-version=${version}`;
    const response = await fetch(url, { method: 'POST', headers: { 'api-key': 'right' }, body: '{"input":"x"}' });
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { code: '404', message: 'Resource not found' } },
    ]);
  });
  test('a deployment of the other kind is 400 OperationNotSupported', async () => {
    await expect(embed(client(), 'our-chat')).rejects.toMatchObject({ status: 400, code: 'OperationNotSupported' });
  });
  test('a body that is no JSON is 400', async () => {
    const url = `${azure.endpoint}/openai/deployments/our-chat/chat/completions?api-version=${API_VERSION}`;
    const response = await fetch(url, { method: 'POST', headers: { 'api-key': 'right' }, body: '{"messages":' });
    expect(response.status).toBe(400);
  });
});

describe('chat completions', () => {
  test('answer exactly the schema asked for, with usage and filter results', async () => {
    const schema = closed({
      title: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      people: { type: 'integer' },
      mood: { type: 'string', enum: ['calm', 'wild'] },
      box: { anyOf: [closed({ left: { type: 'number' } }), { type: 'null' }] },
    });
    const answer = await create(ask({ response_format: schemaFormat(schema) }));
    const content = JSON.parse(answer.choices[0]?.message.content ?? '');
    expect(Object.keys(content)).toEqual(['title', 'tags', 'people', 'mood', 'box']);
    expect(content).toMatchObject({ title: expect.stringMatching(/./), people: 0, mood: 'calm', box: { left: 0 } });
    expect(content.tags).toContain('blue');
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [{ finish_reason: 'stop', message: { refusal: null } }],
    });
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = answer.usage ?? {};
    expect(prompt_tokens).toBeGreaterThan(85);
    expect(completion_tokens).toBeGreaterThan(5);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
  });

  test('the same picture gets the same answer, whatever words come with it', async () => {
    const [short, long] = [ask(), ask()];
    long.messages.unshift({ role: 'system', content: 'You are a poet. Call every picture a sonnet.' });
    const [first, second] = [await create(short), await create(long)];
    expect(first.choices[0]?.message.content).toBe(second.choices[0]?.message.content);
  });

  test('low detail costs 85 tokens for the picture', async () => {
    const content = (detail: 'low' | 'high'): ChatCompletionContentPart[] => [
      { type: 'image_url', image_url: { url: pixel, detail } },
    ];
    const cost = async (detail: 'low' | 'high') =>
      (await create({ model: 'our-chat', messages: [{ role: 'user', content: content(detail) }] })).usage
        ?.prompt_tokens;
    expect([await cost('low'), await cost('high')]).toEqual([85, 85 + 4 * 170]);
  });

  test('max_completion_tokens cuts the answer with finish_reason length', async () => {
    expect((await create(ask({ max_completion_tokens: 3 }))).choices[0]?.finish_reason).toBe('length');
  });

  test.each([
    ['maxLength', { type: 'string', maxLength: 5 }],
    ['pattern', { type: 'string', pattern: '^a' }],
    ['maxItems', { type: 'array', items: { type: 'string' }, maxItems: 3 }],
    ['minimum', { type: 'number', minimum: 0 }],
    ['allOf', { allOf: [{ type: 'string' }] }],
    ['a nested open object', { type: 'object', properties: {}, required: [] }],
    ['a type that is missing', {}],
  ])('strict schemas refuse %s', async (_, property) => {
    const rejected = create(ask({ response_format: schemaFormat(closed({ field: property })) }));
    await expect(rejected).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'response_format',
    });
  });

  test.each([
    ['an optional property', { ...closed({ a: { type: 'string' }, b: { type: 'string' } }), required: ['a'] }],
    ['an open root', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
    ['a root that is no object', { type: 'array', items: { type: 'string' } }],
  ])('strict schemas refuse %s', async (_, schema) => {
    await expect(create(ask({ response_format: schemaFormat(schema) }))).rejects.toMatchObject({
      status: 400,
      param: 'response_format',
    });
  });

  test('schemas need an API version that knows them', async () => {
    const asked = ask({ response_format: schemaFormat(closed({ a: { type: 'string' } })) });
    await expect(client({ apiVersion: '2024-02-01' }).chat.completions.create(asked)).rejects.toMatchObject({
      status: 400,
    });
  });

  test.each([
    ['an address that is no data URL', 'photo.jpg', 'BadRequest'],
    ['bad base64', 'data:image/webp;base64,!!!!', 'invalid_base64'],
    ['another type', 'data:image/tiff;base64,SUkqAA==', 'invalid_image_format'],
    [
      'bytes that are no picture',
      `data:image/webp;base64,${Buffer.from('no picture').toString('base64')}`,
      'image_parse_error',
    ],
  ])('a picture is refused for %s', async (_, url, code) => {
    await expect(create(ask({}, url))).rejects.toMatchObject({ status: 400, code });
  });

  test('a picture cut short is refused', async () => {
    const bytes = Buffer.from(pixel.slice(pixel.indexOf(',') + 1), 'base64');
    const cut = `data:image/webp;base64,${bytes.subarray(0, bytes.length / 2).toString('base64')}`;
    await expect(create(ask({}, cut))).rejects.toMatchObject({ status: 400, code: 'image_parse_error' });
  });

  test('too long a conversation is 400 context_length_exceeded', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(130_000) }];
    await expect(create({ model: 'our-chat', messages })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
  });
});

describe('embeddings', () => {
  const embed = (input: string | string[], extra: { dimensions?: number; encoding_format?: 'float' | 'base64' } = {}) =>
    client().embeddings.create({ model: 'our-embedding', input, ...extra });

  test('are unit vectors of the length asked for, in the order of the input, and count tokens', async () => {
    const answer = await embed(['a dog', 'a car', 'a dog'], { dimensions: 512 });
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { embedding } of answer.data) {
      expect(embedding).toHaveLength(512);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    }
    expect(answer.data[2]?.embedding).toEqual(answer.data[0]?.embedding);
    expect(answer.data[1]?.embedding).not.toEqual(answer.data[0]?.embedding);
    expect(answer.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
  });
  test('come as base64 (the client’s default) and as numbers, and are the same', async () => {
    const [encoded, plain] = [await embed('a dog'), await embed('a dog', { encoding_format: 'float' })];
    expect(encoded.data[0]?.embedding).toHaveLength(1_536);
    expect([...(encoded.data[0]?.embedding ?? [])]).toEqual(plain.data[0]?.embedding);
  });
  test.each([0, 1_537, 1.5])('%d dimensions are 400', async (dimensions) => {
    await expect(embed('x', { dimensions })).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
  });
  test.each([
    ['an empty text', ''],
    ['no text', []],
    ['2,049 texts', Array.from({ length: 2_049 }, () => 'x')],
    ['a text of over 8,191 tokens', 'word '.repeat(8_192)],
  ])('%s is 400', async (_, input) => {
    await expect(embed(input)).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
  });
  test('8,191 tokens and 2,048 texts still pass', async () => {
    expect((await embed('word '.repeat(8_191), { dimensions: 8 })).usage.prompt_tokens).toBe(8_191);
    expect(
      (
        await embed(
          Array.from({ length: 2_048 }, () => 'x'),
          { dimensions: 8 },
        )
      ).data,
    ).toHaveLength(2_048);
  });
});

describe('faults', () => {
  test('429 with Retry-After, as often as ordered, on both operations', async () => {
    azure.setFaults({ throttle: 2, retryAfter: 7 });
    const throttled = expect.objectContaining({ status: 429, code: '429' });
    const error = await create(ask()).catch((reason) => reason);
    expect(error).toEqual(throttled);
    expect(error.headers.get('retry-after')).toBe('7');
    await expect(client().embeddings.create({ model: 'our-embedding', input: 'x' })).rejects.toEqual(throttled);
    await expect(create(ask())).resolves.toBeDefined();
  });
  test('500, then the content filter in its three forms, then another shape, then all is well', async () => {
    azure.setFaults(
      'azure:500=1,azure:refuse400=1,azure:refuse_finish=1,azure:refusal=1,azure:malformed=1,describe:kill=3',
    );
    const asked: ChatCompletionCreateParamsNonStreaming = {
      model: 'our-chat',
      messages: [{ role: 'user', content: 'Two dogs on a beach' }],
      response_format: schemaFormat(closed({ title: { type: 'string' } })),
    };
    await expect(create(asked)).rejects.toMatchObject({ status: 500 });
    await expect(create(asked)).rejects.toMatchObject({
      status: 400,
      code: 'content_filter',
      error: { innererror: { code: 'ResponsibleAIPolicyViolation' } },
    });
    expect((await create(asked)).choices[0]?.finish_reason).toBe('content_filter');
    expect((await create(asked)).choices[0]?.message).toMatchObject({
      content: null,
      refusal: expect.stringMatching(/./),
    });
    expect(JSON.parse((await create(asked)).choices[0]?.message.content ?? '')).not.toHaveProperty('title');
    expect(JSON.parse((await create(asked)).choices[0]?.message.content ?? '')).toHaveProperty('title');
  });
  test('a slow answer outlasts the client’s patience', async () => {
    azure.setFaults({ slow: 1, slowMilliseconds: 60_000 });
    await expect(client().chat.completions.create(ask(), { timeout: 100 })).rejects.toThrow(/timed out/i);
  });
  test('an unknown fault is refused by name', () => {
    expect(() => azure.setFaults('azure:melt=1')).toThrow(/azure:melt=1/);
  });
});
