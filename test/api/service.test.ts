import { createHash } from 'node:crypto';
import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { endpoints, routes } from '../../shared/contract/routes.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

interface Description {
  paths: Record<string, { get: { responses: Record<string, { $ref: string }> } }>;
  components: { responses: Record<string, object> };
}

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe('health', () => {
  test('says which parts answer, to anybody, and nothing of what they are', async () => {
    const answer = await api.call('GET', '/health');
    expect(answer.json()).toMatchObject({
      status: 'ok',
      parts: {
        table: { status: 'ok' },
        bucket: { status: 'ok' },
        queues: { status: 'ok' },
        vectors: { status: 'ok' },
        azure: { status: 'off' },
        identity: { status: 'ok' },
      },
    });
    expect(answer.text).not.toContain(BUCKET);
    expect(answer.text).not.toContain('127.0.0.1');
  });

  test('asks the parts once, however often it is asked itself', async () => {
    await api.call('GET', '/health');
    api.world.aws.resetRequests();
    for (let count = 0; count < 5; count += 1) await api.call('GET', '/health');
    expect(api.world.aws.requests()).toEqual({});
  });

  test('names a part that does not answer', async () => {
    const other = await startApi({ LOG_LEVEL: 'ERROR' });
    await other.world.s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    const answer = await other.call('GET', '/health');
    await other.stop();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'degraded',
      parts: { bucket: { status: 'failing' }, table: { status: 'ok' } },
    });
  });
});

test('Azure is failing while it is left alone, and never asked', async () => {
  const other = await startApi({ AZURE_OPENAI_ENDPOINT: 'https://nobody.openai.azure.com' });
  await createAzureThrottle(other.world.table, TABLE, () => new Date()).block(60);
  const answer = await other.call('GET', '/health');
  await other.stop();
  expect(answer.json()).toMatchObject({ status: 'degraded', parts: { azure: { status: 'failing' } } });
});

describe('where the API is', () => {
  test.each([
    ['at the gateway’s own address', '/v1/openapi.json', '/api/v1/openapi.json', '/api/v1'],
    ['on a domain of its own', '/v1/openapi.json', '/v1/openapi.json', '/v1'],
    ['below a path of a domain', '/photos/v1/openapi.json', '/photos/v1/openapi.json', '/photos/v1'],
  ])('%s', async (_, path, requestPath, base) => {
    const answer = await api.call('GET', '/openapi.json', { paths: { path, requestPath } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ servers: [{ url: base }] });
  });
});

describe('the description', () => {
  test('is OpenAPI 3.1, and says where the API is', async () => {
    const answer = await api.call('GET', '/openapi.json');
    expect(answer.headers['Content-Type']).toBe('application/json');
    expect(answer.json()).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/api/v1' }] });
  });

  test.each([
    ['/auth/me', 'Sign in first'],
    ['/images/{image_id}/original', 'Sign in first'],
    ['/shared/{token}/images', 'A password is needed'],
    ['/shared/{token}/images/{image_id}/original', 'A password is needed'],
  ])('says of %s what a 401 means there', async (path, title) => {
    const { paths, components } = (await api.call('GET', '/openapi.json')).json() as Description;
    const name = paths[path]?.get.responses['401']?.$ref.replace('#/components/responses/', '') ?? '';
    expect(components.responses[name]).toMatchObject({ description: title });
  });

  test.each(['/docs', '/redoc'])('%s is one page that names every route and asks nobody for anything', async (path) => {
    const { text, headers } = await api.call('GET', path);
    for (const route of routes) expect(text).toContain(`<h3 id="${route.id}">`);
    for (const { path: each } of endpoints) expect(text).toContain(each);
    expect(text).toContain("export API='https://abc123.execute-api.eu-central-1.amazonaws.com/api/v1'");
    expect(text).not.toMatch(/<script|<link|<img|<iframe|<object|@import|url\(|\son\w+=|\sstyle=/i);
    const hosts = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1]);
    expect(hosts.every((target) => target?.startsWith('#') || target?.startsWith('/api/v1/'))).toBe(true);

    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['Content-Security-Policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  test('the page’s links lead somewhere, its ids are single, its tags closed', async () => {
    const { text } = await api.call('GET', '/docs');
    const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...text.matchAll(/href="#([^"]*)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
    for (const tag of ['article', 'section', 'table', 'ul', 'pre', 'code', 'nav', 'main', 'div']) {
      const opened = text.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
      expect(text.match(new RegExp(`</${tag}>`, 'g'))?.length, tag).toBe(opened);
    }
  });

  test('a host that is no host stays text', async () => {
    const { renderDocs } = await import('../../functions/api/service/docs/page.ts');
    expect(renderDocs('/api/v1', 'https://x<script>"&')).toContain('https://x&lt;script&gt;&quot;&amp;');
  });
});
