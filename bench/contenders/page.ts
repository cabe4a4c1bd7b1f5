/** `node bench/contenders/page.ts FOLDER PAGES`: pages of 100 images from the api's code in FOLDER, warm; CPU time of its process alone. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { API_PREFIX } from '../../shared/contract/routes.ts';
import { GALLERY_USER } from '../photo-records.ts';
import { FUNCTION_SETTINGS } from '../settings.ts';

const [folder = '', pages = '100'] = process.argv.slice(2);
const WARM = 60;

const gallery = fork(join(import.meta.dirname, '../gallery-process.ts'), ['101'], {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
const [environment] = (await once(gallery, 'message')) as [Record<string, string>];
Object.assign(process.env, FUNCTION_SETTINGS, environment);
const { handler } = await import(pathToFileURL(join(folder, 'handler.mjs')).href);

const now = Math.floor(Date.now() / 1000);
const path = `${API_PREFIX.replace('/api', '')}/images`;
const event = () => ({
  resource: path,
  path,
  httpMethod: 'GET',
  headers: { Host: 'abc123.execute-api.eu-central-1.amazonaws.com', 'X-Forwarded-Proto': 'https' },
  multiValueHeaders: {},
  queryStringParameters: { limit: '100' },
  multiValueQueryStringParameters: { limit: ['100'] },
  pathParameters: null,
  body: null,
  isBase64Encoded: false,
  requestContext: {
    requestId: 'bench',
    domainName: 'abc123.execute-api.eu-central-1.amazonaws.com',
    path: `/api${path}`,
    stage: 'api',
    authorizer: {
      principalId: GALLERY_USER,
      user_id: GALLERY_USER,
      auth_time: String(now - 60),
      exp: String(now + 3540),
    },
  },
});
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 29_000 };

async function ask(): Promise<number> {
  const { statusCode, body } = await handler(event(), context);
  if (statusCode !== 200) throw new Error(`The page answered ${statusCode}: ${body}`);
  return body.length;
}

const { items, next_cursor } = JSON.parse((await handler(event(), context)).body ?? '{}');
if (items?.length !== 100 || !next_cursor || !items[99].thumbnails?.medium)
  throw new Error('Expected a full page with URLs.');
let bytes = 0;
for (let n = 0; n < WARM; n += 1) bytes = await ask();
const before = process.cpuUsage();
const started = performance.now();
for (let n = 0; n < Number(pages); n += 1) await ask();
const { user, system } = process.cpuUsage(before);
const figures = {
  cpu_ms: (user + system) / 1000 / Number(pages),
  wall_ms: (performance.now() - started) / Number(pages),
};
gallery.disconnect();
await once(gallery, 'exit');
console.log(JSON.stringify({ ...figures, page_bytes: bytes, peak_rss_bytes: process.resourceUsage().maxRSS * 1024 }));
process.exit();
