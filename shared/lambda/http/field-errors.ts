import type { z } from 'zod';
import type { FieldError } from './problems.ts';

/** Values of these fields are never repeated in an answer. */
const SECRET_FIELDS = new Set(['password', 'refresh_token', 'sig']);
const LONGEST_ECHO = 60;
const LONGEST_NAME = 100;
const MOST_ERRORS = 200;

const TYPE_WORDS: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const FORMAT_WORDS: Record<string, string> = { email: 'an e-mail address', url: 'a URL', datetime: 'an ISO 8601 time' };
const COUNTED: Record<string, string> = { string: ' characters', array: ' entries' };

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** What is wrong with `input`, field by field: where, what was expected, what came. `root` names the input as a whole. */
export function fieldErrors(issues: readonly Issue[], input: unknown, root: string): FieldError[] {
  return issues.flatMap((issue) => explain(issue, [], input, root)).slice(0, MOST_ERRORS);
}

function explain(issue: Issue, base: Path, input: unknown, root: string): FieldError[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => errorAt([...path, key], 'no field of this name', input, root));
  }
  if (issue.code === 'invalid_union') {
    // Shapes told apart by one field, which says none of them.
    if ('options' in issue && issue.options) return [errorAt(path, `one of ${issue.options.join(', ')}`, input, root)];
    const branches = issue.errors.filter((branch) => branch.length > 0);
    const deeper = branches.filter((branch) => branch.some((inner) => inner.path.length > 0));
    // Alternatives of one value are listed; of alternative shapes, the one that was nearly met is explained.
    const nearest = deeper.toSorted((a, b) => a.length - b.length)[0];
    if (nearest) return nearest.flatMap((inner) => explain(inner, path, input, root));
    const words = branches.flatMap((branch) => branch.slice(0, 1).map(expectation));
    return [errorAt(path, words.join(' or '), input, root)];
  }
  return [errorAt(path, expectation(issue), input, root)];
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${COUNTED[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${COUNTED[issue.origin] ?? ''}`;
    case 'invalid_format':
      return FORMAT_WORDS[issue.format] ?? issue.message.replace(/^expected /, '');
    default:
      return issue.message.replace(/^expected /, '');
  }
}

function errorAt(path: Path, expected: string, input: unknown, root: string): FieldError {
  const secret = path.some((part) => SECRET_FIELDS.has(String(part)));
  return { path: pathText(path) || root, expected, received: describe(valueAt(input, path), secret) };
}

/** `files[0].bytes` */
function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, LONGEST_NAME)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    input,
  );
}

function describe(value: unknown, secret: boolean): string {
  if (value === undefined) return 'nothing';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return `a list of ${value.length} entries`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && (secret || value.length > LONGEST_ECHO))
    return `a string of ${value.length} characters`;
  return secret ? `a ${typeof value}` : JSON.stringify(value);
}
