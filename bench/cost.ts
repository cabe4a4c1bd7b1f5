import { readFileSync, writeFileSync } from 'node:fs';
import { readCommandLine } from '../local/command-line.ts';
import { costParts, withCostParts } from './cost/page.ts';

const USAGE = `npm run cost

Writes what docs/cost.md says in numbers, measured requests and milliseconds × public prices, and prints the summary. Takes no
options; what is measured comes from \`npm run bench:requests\` (bench/measured/requests.json).
`;

readCommandLine(USAGE, {}, () => undefined);
const PAGE = new URL('../docs/cost.md', import.meta.url);
const { bill, models } = costParts();
writeFileSync(PAGE, withCostParts(readFileSync(PAGE, 'utf8')));
console.log([bill, models, 'docs/cost.md is up to date.'].join('\n\n'));
