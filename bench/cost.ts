/** Writes what docs/cost.md says in numbers: measured requests and milliseconds × public prices. `npm run cost` */
import { readFileSync, writeFileSync } from 'node:fs';
import { withCostParts } from './cost/page.ts';

const PAGE = new URL('../docs/cost.md', import.meta.url);
writeFileSync(PAGE, withCostParts(readFileSync(PAGE, 'utf8')));
console.log('docs/cost.md is up to date.');
