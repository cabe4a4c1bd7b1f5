/**
 * CloudFormation's intrinsic functions, resolved against what the local stack gave each resource.
 * Semantics follow the CloudFormation user guide ("Intrinsic function reference").
 */

export interface Scope {
  /** What `Ref` answers: a parameter, a pseudo parameter or a resource; `undefined` when the template has no such name. */
  ref(name: string): string | undefined;
  /** What `Fn::GetAtt` answers; `undefined` when the resource has no such attribute locally. */
  attribute(logicalId: string, name: string): string | undefined;
  /** The (unresolved) definition of a condition; `undefined` when the template has no such condition. */
  condition(name: string): unknown;
  mapping(map: string, key: string, name: string): unknown;
}

/** An intrinsic could not be resolved. The message names the function and what it was given. */
export class UnresolvableIntrinsic extends Error {
  override name = 'UnresolvableIntrinsic';
}

/** Stands for `AWS::NoValue` until the containing object or list drops it. */
const NO_VALUE = Symbol('AWS::NoValue');

type Evaluate = (argument: unknown, scope: Scope) => unknown;

function fail(name: string, expected: string, argument: unknown): never {
  throw new UnresolvableIntrinsic(`${name} expects ${expected}, received ${JSON.stringify(argument)}`);
}

function list(name: string, argument: unknown): unknown[] {
  return Array.isArray(argument) ? argument : fail(name, 'a list', argument);
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return fail(name, 'text', value);
}

function reference(name: string, scope: Scope): string | symbol {
  if (name === 'AWS::NoValue') return NO_VALUE;
  const value = scope.ref(name);
  if (value === undefined) throw new UnresolvableIntrinsic(`Ref names "${name}", which is nothing in this template`);
  return value;
}

function attribute(logicalId: string, name: string, scope: Scope): string {
  const value = scope.attribute(logicalId, name);
  if (value === undefined) {
    throw new UnresolvableIntrinsic(
      `Fn::GetAtt asks for "${logicalId}.${name}", which the local stack cannot answer; see local/physical-ids.ts`,
    );
  }
  return value;
}

function substitute(argument: unknown, scope: Scope): string {
  const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = (resolveAny(variables ?? {}, scope) ?? {}) as Record<string, unknown>;
  return text('Fn::Sub', pattern).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (name in own) return text('Fn::Sub', own[name]);
    const dot = name.indexOf('.');
    return dot > 0 ? attribute(name.slice(0, dot), name.slice(dot + 1), scope) : String(reference(name, scope));
  });
}

/** The truth of a condition as it stands in `Conditions`, or of one named there. */
export function evaluateCondition(definition: unknown, scope: Scope): boolean {
  if (typeof definition === 'string') return evaluateCondition(namedCondition(definition, scope), scope);
  const [name, argument] = Object.entries((definition ?? {}) as object)[0] ?? [];
  const each = () => list(String(name), argument).map((part) => evaluateCondition(part, scope));
  switch (name) {
    case 'Condition':
      return evaluateCondition(namedCondition(String(argument), scope), scope);
    case 'Fn::And':
      return each().every(Boolean);
    case 'Fn::Or':
      return each().some(Boolean);
    case 'Fn::Not':
      return !each()[0];
    case 'Fn::Equals': {
      const [left, right] = list('Fn::Equals', argument).map((part) => resolveAny(part, scope));
      return left === right;
    }
    default:
      return fail('A condition', 'Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition', definition);
  }
}

function namedCondition(name: string, scope: Scope): unknown {
  return scope.condition(name) ?? fail('A condition', 'a name listed in Conditions', name);
}

const FUNCTIONS: Record<string, Evaluate> = {
  Ref: (argument, scope) => reference(text('Ref', argument), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...rest] = typeof argument === 'string' ? argument.split('.') : list('Fn::GetAtt', argument);
    return attribute(
      String(logicalId),
      rest.map((part) => text('Fn::GetAtt', resolveAny(part, scope))).join('.'),
      scope,
    );
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list('Fn::Join', argument);
    const resolved = list('Fn::Join', resolveAny(parts, scope));
    return resolved.map((part) => text('Fn::Join', part)).join(text('Fn::Join', separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, values] = list('Fn::Select', argument).map((part) => resolveAny(part, scope));
    const chosen = list('Fn::Select', values)[Number(index)];
    return chosen ?? fail('Fn::Select', 'an index within the list', argument);
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = list('Fn::Split', argument).map((part) => resolveAny(part, scope));
    return text('Fn::Split', source).split(text('Fn::Split', separator));
  },
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list('Fn::If', argument);
    return resolveAny(evaluateCondition(name, scope) ? whenTrue : whenFalse, scope);
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, key, name] = list('Fn::FindInMap', resolveAny(argument, scope)).map((part) =>
      text('Fn::FindInMap', part),
    );
    return scope.mapping(map ?? '', key ?? '', name ?? '') ?? fail('Fn::FindInMap', 'an entry of Mappings', argument);
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text('Fn::Base64', resolveAny(argument, scope))).toString('base64'),
};

function resolveAny(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolveAny(entry, scope)).filter((entry) => entry !== NO_VALUE);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    const evaluate = FUNCTIONS[name];
    if (!evaluate) throw new UnresolvableIntrinsic(`The local stack does not know the intrinsic function ${name}`);
    return evaluate(argument, scope);
  }
  const resolved = entries.map(([key, entry]) => [key, resolveAny(entry, scope)] as const);
  return Object.fromEntries(resolved.filter(([, entry]) => entry !== NO_VALUE));
}

/** `value` with every intrinsic replaced; `AWS::NoValue` removes its key or list entry. Throws `UnresolvableIntrinsic`. */
export function resolveIntrinsics(value: unknown, scope: Scope): unknown {
  const resolved = resolveAny(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}
