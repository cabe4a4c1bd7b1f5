/** `node bench/contenders/page.ts FOLDER PAGES`: pages of 100 images from the api's code in FOLDER, warm; CPU time of its process alone. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LAMBDA_CONTEXT, openGallery, pageEvent } from '../gallery.ts';

const [folder = '', pages = '100'] = process.argv.slice(2);
/** Pages before anything is measured. For some 200 of them the compiler is still at work beside, which is counted, too: 25, 18, then 15 ms. */
const WARM = 240;

const gallery = await openGallery(101);
const { handler } = await import(pathToFileURL(join(folder, 'handler.mjs')).href);

async function ask(): Promise<string> {
  const { statusCode, body } = await handler(pageEvent(), LAMBDA_CONTEXT);
  if (statusCode !== 200) throw new Error(`The page answered ${statusCode}: ${body}`);
  return body;
}

const { items, next_cursor } = JSON.parse(await ask());
if (items?.length !== 100 || !next_cursor || !items[99].thumbnails?.medium)
  throw new Error('Expected a full page with URLs.');
let bytes = 0;
for (let n = 0; n < WARM; n += 1) bytes = (await ask()).length;
const before = process.cpuUsage();
const started = performance.now();
for (let n = 0; n < Number(pages); n += 1) await ask();
const { user, system } = process.cpuUsage(before);
const cpu_ms = (user + system) / 1000 / Number(pages);
const wall_ms = (performance.now() - started) / Number(pages);
await gallery.close();
console.log(
  JSON.stringify({ cpu_ms, wall_ms, page_bytes: bytes, peak_rss_bytes: process.resourceUsage().maxRSS * 1024 }),
);
process.exit();
