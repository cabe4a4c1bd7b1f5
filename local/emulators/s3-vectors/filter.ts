import { AwsError } from '../errors.ts';

type Primitive = string | number | boolean;
export type Metadata = Record<string, Primitive | Primitive[]>;
/** Decides whether a vector's metadata passes a filter. */
export type Predicate = (metadata: Metadata) => boolean;

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', `Invalid filter: ${message}`);
}

function isPrimitive(value: unknown): value is Primitive {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list in metadata matches when any of its elements does. */
function some(stored: Metadata[string] | undefined, test: (value: Primitive) => boolean): boolean {
  if (stored === undefined) return false;
  return Array.isArray(stored) ? stored.some(test) : test(stored);
}

const COMPARISONS: Record<string, (stored: number, wanted: number) => boolean> = {
  $gt: (stored, wanted) => stored > wanted,
  $gte: (stored, wanted) => stored >= wanted,
  $lt: (stored, wanted) => stored < wanted,
  $lte: (stored, wanted) => stored <= wanted,
};

function condition(key: string, operator: string, wanted: unknown): Predicate {
  const comparison = COMPARISONS[operator];
  if (comparison) {
    if (typeof wanted !== 'number') throw invalid(`${operator} on '${key}' takes a number.`);
    return (metadata) => some(metadata[key], (stored) => typeof stored === 'number' && comparison(stored, wanted));
  }
  switch (operator) {
    case '$eq':
    case '$ne': {
      if (!isPrimitive(wanted)) throw invalid(`${operator} on '${key}' takes a string, number or boolean.`);
      const equal: Predicate = (metadata) => some(metadata[key], (stored) => stored === wanted);
      return operator === '$eq' ? equal : (metadata) => !equal(metadata);
    }
    case '$in':
    case '$nin': {
      if (!Array.isArray(wanted) || wanted.length === 0 || !wanted.every(isPrimitive)) {
        throw invalid(`${operator} on '${key}' takes a non-empty array of strings, numbers or booleans.`);
      }
      const within: Predicate = (metadata) => some(metadata[key], (stored) => wanted.includes(stored));
      return operator === '$in' ? within : (metadata) => !within(metadata);
    }
    case '$exists': {
      if (typeof wanted !== 'boolean') throw invalid(`$exists on '${key}' takes true or false.`);
      return (metadata) => Object.hasOwn(metadata, key) === wanted;
    }
    default:
      throw invalid(`unknown operator '${operator}'.`);
  }
}

/**
 * Compiles a metadata filter (S3 User Guide, "Metadata filtering"): implicit equality, `$eq $ne $gt $gte $lt $lte $in
 * $nin $exists` on keys, and `$and` / `$or` over filters.
 * @param nonFilterable keys the index declared as such, which no filter may name
 * @throws AwsError ValidationException
 */
export function compileFilter(filter: unknown, nonFilterable: string[]): Predicate {
  if (!isObject(filter) || Object.keys(filter).length === 0)
    throw invalid('it must be an object with at least one key.');
  const parts = Object.entries(filter).map(([key, value]): Predicate => {
    if (key === '$and' || key === '$or') {
      if (!Array.isArray(value) || value.length === 0) throw invalid(`${key} takes a non-empty array of filters.`);
      const inner = value.map((item) => compileFilter(item, nonFilterable));
      return key === '$and'
        ? (metadata) => inner.every((test) => test(metadata))
        : (metadata) => inner.some((test) => test(metadata));
    }
    if (key.startsWith('$')) throw invalid(`unknown operator '${key}'.`);
    if (nonFilterable.includes(key)) throw invalid(`'${key}' is a non-filterable metadata key of this index.`);
    if (!isObject(value)) return condition(key, '$eq', value);
    const operators = Object.entries(value).map(([operator, wanted]) => condition(key, operator, wanted));
    if (operators.length === 0) throw invalid(`'${key}' has no operator.`);
    return (metadata) => operators.every((test) => test(metadata));
  });
  return (metadata) => parts.every((test) => test(metadata));
}
