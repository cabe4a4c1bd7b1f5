import { AwsError } from '../errors.ts';

/** Form fields a policy need not name (S3 API reference, "POST Policy"). */
const EXEMPT = new Set(['policy', 'x-amz-signature', 'signature', 'awsaccesskeyid', 'file']);

export interface SizeRange {
  least: number;
  most: number;
}

function denied(reason: string): AwsError {
  return new AwsError('AccessDenied', `Invalid according to Policy: ${reason}`, 403);
}

function invalidDocument(reason: string): AwsError {
  return new AwsError('InvalidPolicyDocument', `Invalid Policy: ${reason}`);
}

function parse(base64: string): { expiration: string; conditions: unknown[] } {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw invalidDocument('Invalid JSON.');
  }
  const { expiration, conditions } = (document ?? {}) as { expiration?: unknown; conditions?: unknown };
  if (typeof expiration !== 'string' || Number.isNaN(Date.parse(expiration))) {
    throw invalidDocument('Policy missing expiration.');
  }
  if (!Array.isArray(conditions)) throw invalidDocument('Policy missing conditions.');
  return { expiration, conditions };
}

/** One condition as [operator, field or least, value or most]; `{field: value}` is an equality. */
function asTriples(condition: unknown): [string, unknown, unknown][] {
  if (Array.isArray(condition) && condition.length === 3) {
    return [[String(condition[0]).toLowerCase(), condition[1], condition[2]]];
  }
  if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
    return Object.entries(condition).map(([field, value]) => ['eq', `$${field}`, value]);
  }
  throw invalidDocument(`Invalid condition: ${JSON.stringify(condition)}`);
}

/**
 * Holds an upload form against its signed policy: expiry, every condition, and that no field goes uncovered.
 * @param fields form fields, names in lower case, `${filename}` in the key already replaced
 * @returns the sizes allowed, if the policy limits them
 * @throws AwsError AccessDenied, InvalidPolicyDocument
 */
export function checkPolicy(
  base64: string,
  fields: Record<string, string>,
  bucket: string,
  now: Date,
): SizeRange | undefined {
  const { expiration, conditions } = parse(base64);
  if (Date.parse(expiration) <= now.getTime()) throw denied('Policy expired.');
  const values: Record<string, string> = { ...fields, bucket };
  const covered = new Set<string>();
  let range: SizeRange | undefined;
  for (const [operator, left, right] of conditions.flatMap(asTriples)) {
    if (operator === 'content-length-range') {
      range = { least: Number(left), most: Number(right) };
      if (!Number.isInteger(range.least) || !Number.isInteger(range.most)) {
        throw invalidDocument('Invalid content-length-range.');
      }
      continue;
    }
    const field = String(left).replace(/^\$/, '').toLowerCase();
    const actual = Object.hasOwn(values, field) ? values[field] : undefined;
    const holds =
      operator === 'eq'
        ? actual === String(right)
        : operator === 'starts-with'
          ? (actual ?? '').startsWith(String(right))
          : undefined;
    if (holds === undefined) throw invalidDocument(`Invalid Simple-Condition: unknown operator '${operator}'.`);
    if (!holds) throw denied(`Policy Condition failed: ${JSON.stringify([operator, `$${field}`, right])}`);
    covered.add(field);
  }
  if (Object.hasOwn(fields, 'bucket') && fields.bucket !== bucket) {
    throw denied('Policy Condition failed: ["eq", "$bucket"]');
  }
  const extra = Object.keys(fields).filter(
    (name) => !covered.has(name) && !EXEMPT.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return range;
}
