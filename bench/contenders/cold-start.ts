/**
 * `node bench/contenders/cold-start.ts FILE [page]`: milliseconds from the import of the handler in FILE until it is ready, in this
 * fresh process; with `page`, until it has also answered its first page of images. What the runtime itself takes is not in it.
 */
import { pathToFileURL } from 'node:url';
import { meterCpu } from '../runner/meter.ts';

const [file = '', page] = process.argv.slice(2);
// What Lambda's runtime offers to functions that stream.
Object.assign(globalThis, { awslambda: { streamifyResponse: (handler: unknown) => handler } });
// Loaded only where it is needed: what it imports would be ready before the handler asks for it.
const bench = page === 'page' ? await import('../gallery.ts') : undefined;
const gallery = await bench?.openGallery(101);

const cpu = meterCpu();
const started = performance.now();
const { handler } = await import(pathToFileURL(file).href);
const answer = bench && (await handler(bench.pageEvent(), bench.LAMBDA_CONTEXT));
const wall_ms = performance.now() - started;
const cpu_ms = cpu();
if (typeof handler !== 'function') throw new Error(`${file} exports no handler`);
if (answer && answer.statusCode !== 200) throw new Error(`The first page answered ${answer.statusCode}`);
await gallery?.close();
console.log(JSON.stringify({ cpu_ms, wall_ms, code_bytes: Number(process.env.CODE_BYTES) }));
process.exit();
