import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_DIRECT_UPLOAD_BYTES } from '../../shared/contract/schemas.ts';
import { multipart } from '../api/api.ts';
import { type Gateway, type GatewayCall, served, startGateway } from './gateway.ts';
import { bodiesFor, fill, parametersFor, QUERIES, type Settled, sent, settle } from './people.ts';

/** What a request may not be larger than, on every route, whoever asks; checked before anything of it is used. */
const KB = 1024;
const long = (bytes: number) => 'a'.repeat(bytes);

let gateway: Gateway;
let ada: Settled;
beforeAll(async () => {
  gateway = await startGateway();
  ada = await settle(gateway, 'ada', 100);
});
afterAll(() => gateway?.stop());

const tooLarge = {
  body: 413,
  query: 414,
  parameters: 414,
  headers: 431,
} as const;

describe(`${served.length} methods and paths × ${Object.keys(tooLarge).length} parts of a request that are too large`, () => {
  test.each(served)('$name', async (endpoint) => {
    const { id, path } = endpoint;
    const kept = await gateway.keep('ada');
    const link = endpoint.access.startsWith('link') ? ada.links.good : '';
    const { body, headers } = sent(id, bodiesFor(id, ada.things)[0]);
    const usual: GatewayCall = {
      query: QUERIES[id] ?? {},
      headers: { ...headers, Authorization: ada.session },
      ...(body !== undefined && { body }),
    };
    const file = { name: 'files', filename: 'a.jpg', type: 'image/jpeg', content: long(MAX_DIRECT_UPLOAD_BYTES + 1) };
    const big = id === 'upload' ? multipart([file]) : { body: long(KB * KB + 1), headers };
    const calls: Record<keyof typeof tooLarge, GatewayCall> = {
      body: { ...usual, body: big.body, headers: { ...usual.headers, ...big.headers } },
      query: { ...usual, query: { ...usual.query, q: long(8 * KB + 1) } },
      parameters: { ...usual, query: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`p${n}`, '1'])) },
      headers: { ...usual, headers: { ...usual.headers, 'X-Long': long(16 * KB + 1) } },
    };
    const values = parametersFor(ada.things, link);
    const answers: Record<string, number> = {};
    for (const [part, call] of Object.entries(calls)) {
      answers[part] = (await gateway.call(endpoint, fill(path, values), call)).status;
    }
    expect(answers).toEqual(tooLarge);
    for (const name of Object.keys(values)) {
      if (!path.includes(`{${name}}`)) continue;
      const { status } = await gateway.call(endpoint, fill(path, { ...values, [name]: long(KB + 1) }), usual);
      expect(status, name).toBe(414);
      const { status: unfit } = await gateway.call(endpoint, fill(path, { ...values, [name]: long(300) }), usual);
      expect([404, 422], name).toContain(unfit);
    }
    expect(await kept.unchanged()).toBe(true);
  });
});
