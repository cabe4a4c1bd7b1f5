/** Attributes of an item as lib-dynamodb has them. */
// biome-ignore lint/suspicious/noExplicitAny: whatever an item may hold.
export type Attributes = Record<string, any>;

/** A secondary index, as far as its writes cost something. */
export interface Index {
  hash: string;
  range: string;
  /** Whether it holds whole items; else their keys alone. */
  all: boolean;
}

/**
 * Bytes of a value as DynamoDB bills them (Developer Guide, "DynamoDB item sizes and formats"): UTF-8 of text, bytes of binary, a number one
 * byte for two digits and one more, a boolean or null one, lists and maps three and one for each member.
 */
function valueBytes(value: unknown): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 1 + Math.ceil(String(value).replace(/[^\d]/g, '').length / 2);
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return 3 + value.reduce<number>((sum, member) => sum + 1 + valueBytes(member), 0);
  if (value instanceof Set) return [...value].reduce<number>((sum, member) => sum + valueBytes(member), 0);
  const members = Object.values(value as object).filter((member) => member !== undefined);
  return 3 + members.length + itemBytes(value as Attributes);
}

/** Bytes of an item: names and values of its attributes. */
export function itemBytes(item: Attributes): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + (value === undefined ? 0 : Buffer.byteLength(name) + valueBytes(value)),
    0,
  );
}

const KILOBYTE = 1024;
const units = (item: Attributes | null) => (item ? Math.ceil(itemBytes(item) / KILOBYTE) : 0);

/** Write units of one write: the larger of the item before and after, in whole kilobytes, one at the least. */
export const writeUnits = (before: Attributes | null, after: Attributes | null): number =>
  Math.max(1, units(before), units(after));

/**
 * What the same write costs in an index (Developer Guide, "Provisioned throughput considerations for global secondary indexes"): nothing
 * where the item is not in it or nothing it holds has changed; two writes where its key there has; else one.
 */
export function indexWriteUnits(index: Index, before: Attributes | null, after: Attributes | null): number {
  const [was, is] = [entryOf(index, before), entryOf(index, after)];
  if (!was || !is) return units(was ?? is);
  if (was[index.hash] !== is[index.hash] || was[index.range] !== is[index.range]) return units(was) + units(is);
  return JSON.stringify(was) === JSON.stringify(is) ? 0 : writeUnits(was, is);
}

function entryOf({ hash, range, all }: Index, item: Attributes | null): Attributes | null {
  if (item?.[hash] === undefined || item[range] === undefined) return null;
  if (all) return item;
  return { user_id: item.user_id, sk: item.sk, [hash]: item[hash], [range]: item[range] };
}
