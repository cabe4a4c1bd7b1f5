import type { ApiMethod } from './api.ts';

/** The method that serves a request, and its path parameters as they came: REST APIs do not decode them. */
export interface Match {
  readonly method: ApiMethod;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly literal: Map<string, Node>;
  parameter: { readonly name: string; readonly node: Node } | undefined;
  greedy: { readonly name: string; readonly node: Node } | undefined;
  readonly methods: Map<string, ApiMethod>;
}

const createNode = (): Node => ({ literal: new Map(), parameter: undefined, greedy: undefined, methods: new Map() });

/** The node that `part` leads to, made if it is not there yet. */
function child(node: Node, part: string): Node {
  const name = /^\{(.+)\}$/.exec(part)?.[1];
  if (name?.endsWith('+')) {
    node.greedy ??= { name: name.slice(0, -1), node: createNode() };
    return node.greedy.node;
  }
  if (name !== undefined) {
    node.parameter ??= { name, node: createNode() };
    return node.parameter.node;
  }
  const next = node.literal.get(part) ?? createNode();
  node.literal.set(part, next);
  return next;
}

/**
 * Finds the method for a request as API Gateway does: a literal part of the path wins over a parameter, a parameter over
 * `{proxy+}`; `ANY` serves what no method of the resource names.
 * @returns a function of the HTTP method and the raw path below the stage (`/v1/images/a%20b`)
 */
export function createRouter(methods: readonly ApiMethod[]): (httpMethod: string, path: string) => Match | undefined {
  const root = createNode();
  for (const method of methods) {
    const parts = method.resourcePath.split('/').filter(Boolean);
    parts.reduce(child, root).methods.set(method.httpMethod, method);
  }

  function find(node: Node, parts: readonly string[], httpMethod: string): Match | undefined {
    const [part, ...rest] = parts;
    if (part === undefined) {
      const method = node.methods.get(httpMethod) ?? node.methods.get('ANY');
      return method && { method, pathParameters: {} };
    }
    const literal = node.literal.get(part);
    const found = literal && find(literal, rest, httpMethod);
    if (found) return found;
    const { parameter, greedy } = node;
    const below = parameter && part !== '' ? find(parameter.node, rest, httpMethod) : undefined;
    if (parameter && below) return { ...below, pathParameters: { [parameter.name]: part, ...below.pathParameters } };
    const method = greedy && (greedy.node.methods.get(httpMethod) ?? greedy.node.methods.get('ANY'));
    return greedy && method && { method, pathParameters: { [greedy.name]: parts.join('/') } };
  }

  return (httpMethod, path) => {
    const parts = path.replace(/^\//, '').replace(/\/$/, '').split('/');
    return find(root, parts[0] === '' && parts.length === 1 ? [] : parts, httpMethod);
  };
}
