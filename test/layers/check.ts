import { brokenRules } from './layers.ts';

/** `npm run check:layers`: imports point one way (see rules.ts). */
const broken = await brokenRules();
for (const { rule, from, to, cycle } of broken) {
  const via = cycle?.map(({ name }) => name).join(' → ');
  console.error(`${rule.name}: ${from} must not import ${to}${via ? ` (${via})` : ''}`);
}
console.log(broken.length === 0 ? 'Imports point one way.' : `${broken.length} imports break a layer rule.`);
process.exitCode = broken.length === 0 ? 0 : 1;
