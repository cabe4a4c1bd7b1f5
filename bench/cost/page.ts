import { readFileSync } from 'node:fs';
import { createGallery } from '../requests/gallery.ts';
import type { Measured, Step } from '../requests/report.ts';
import { itemBytes } from '../requests/units.ts';
import { billedMs, idle, kept, MONTH, OWN_METRICS, photo, usage } from './bill.ts';
import { callOf, MODELS } from './models.ts';
import { type Amounts, addAmounts, dollars, PRICES, PRICES_OF, type Price, type PriceName, total } from './prices.ts';

const MEASURED = new URL('../measured/requests.json', import.meta.url);
/** DynamoDB adds so much to each item it keeps. */
const ITEM_OVERHEAD = 100;
const SAMPLE = 50;

const usd = (value: number, digits = 3) => `$${value.toFixed(digits)}`;
const number = (value: number) => Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });

/** Bytes of all items that are written for a photo, on average. */
function tableBytes(): number {
  const gallery = createGallery(null, { table: '', vectorBucket: '', userId: 'cost' });
  const items = Array.from({ length: SAMPLE }, (_, index) => gallery.itemsOf(index).items).flat();
  return items.reduce((sum, item) => sum + itemBytes(item) + ITEM_OVERHEAD, 0) / SAMPLE;
}

function billTable(columns: Readonly<Record<string, Amounts>>): string {
  const names = [...new Set(Object.values(columns).flatMap((amounts) => Object.keys(amounts)))] as PriceName[];
  const cost = (amounts: Amounts, name: PriceName) => dollars(name, amounts[name] ?? 0);
  const most = (name: PriceName) => Math.max(...Object.values(columns).map((amounts) => cost(amounts, name)));
  const rows = names
    .filter((name) => most(name) >= 0.0005)
    .sort((a, b) => most(b) - most(a))
    .map(
      (name) =>
        `| ${PRICES[name].what} | ${Object.values(columns)
          .map((amounts) => usd(cost(amounts, name)))
          .join(' | ')} |`,
    );
  return [
    `| | ${Object.keys(columns).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(Object.keys(columns).length)}`,
    ...rows,
    `| **together** | ${Object.values(columns)
      .map((amounts) => `**${usd(total(amounts))}**`)
      .join(' | ')} |`,
  ].join('\n');
}

function stepTable(steps: readonly Step[]): string {
  const rows = steps.map((step) => {
    const waiting = Object.entries(step.waits)
      .map(([service, times]) => `${number(times)} × ${service}`)
      .join(', ');
    return `| ${step.name} | ${step.function} | ${number(step.cpu_ms)} | ${waiting} | ${number(billedMs(step))} |`;
  });
  return [
    '| step | function | CPU ms here | waits, one after another | billed ms |',
    '| --- | --- | ---: | --- | ---: |',
    ...rows,
  ].join('\n');
}

function models(): string {
  const rows = MODELS.map(callOf).map(
    ({ model, text, image, output, usd: full, usd_low }) =>
      `| ${model} | ${number(text)} | ${image.toLocaleString('en')} | ${output} | ${usd(full, 2)} | ${usd_low === full ? 'the same' : usd(usd_low, 2)} |`,
  );
  return [
    '| model | text tokens | tokens of the picture | answer | 1,000 photos | in low detail |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

const prices = () =>
  [
    `| price in us-east-1, ${PRICES_OF} | | written down | source |`,
    '| --- | ---: | --- | --- |',
    ...Object.values<Price>(PRICES).map(
      ({ what, usd: price, per, from_memory, source }) =>
        `| ${what} | $${price} / ${per} | ${from_memory ? 'from memory' : 'as others quote it'} | <${source}> |`,
    ),
  ].join('\n');

/** The parts of docs/cost.md that are computed, by their names there. */
export function costParts(): Record<string, string> {
  const { command, node, measured } = JSON.parse(readFileSync(MEASURED, 'utf8')) as {
    command: string;
    node: string;
    measured: Measured;
  };
  const [photos = '', steps = []] = Object.entries(measured).at(-1) ?? [];
  const bytes = tableBytes();
  const thousand = addAmounts([photo(steps), 1_000]);
  const month = addAmounts([usage(steps), 1], [photo(steps), MONTH.added], [kept(bytes), MONTH.photos]);
  const nothing = idle();
  const bill = billTable({
    '1,000 photos come in': thousand,
    'they are kept for a month': addAmounts([kept(bytes), 1_000]),
    'a month with 10,000 photos': month,
    'a month of nothing': nothing,
  });
  const whole = total(month) + total(nothing);
  const metrics = dollars('metric', OWN_METRICS);
  return {
    bill: `${bill}\n\nThe whole of a month with 10,000 photos, with the ${usd(total(nothing), 2)} that the stack costs anyway: ${usd(whole, 2)}, and up to ${usd(metrics, 2)} more for the ${OWN_METRICS} metrics of the stack's own.`,
    measured: `Measured by \`${command}\` (Node ${node.slice(1)}), among ${Number(photos).toLocaleString('en')} photos; ${number(bytes / 1000)} KB of items for a photo.\n\n${stepTable(steps)}`,
    models: models(),
    prices: prices(),
  };
}

const block = (name: string) => new RegExp(`(<!-- npm run cost: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);

/** The page with its computed parts as they are now. Throws where a part has no place in it. */
export function withCostParts(page: string): string {
  return Object.entries(costParts()).reduce((text, [name, part]) => {
    if (!block(name).test(text)) throw new Error(`Expected a place for "${name}" in docs/cost.md, found none`);
    return text.replace(block(name), (_, start: string, end: string) => `${start}\n${part}\n\n${end}`);
  }, page);
}
