import { type AzureError, invalidRequest } from './errors.ts';

/** A JSON schema as it arrives: nothing about it is known yet. */
export type Schema = Readonly<Record<string, unknown>>;

/** Azure's list: "Unsupported type-specific keywords" of its structured outputs page, and composition it refuses. */
const UNSUPPORTED = new Set([
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'multipleOf',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'patternProperties',
  'unevaluatedProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'unevaluatedItems',
  'contains',
  'minContains',
  'maxContains',
  'minItems',
  'maxItems',
  'uniqueItems',
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'default',
]);
const DEEPEST = 5;
const MOST_PROPERTIES = 100;

/**
 * Checks a schema the way strict structured output does: an object at the root, every object closed and all of its
 * properties required, no unsupported keyword, at most 100 properties and 5 levels.
 * @throws AzureError 400 `invalid_request_error`
 */
export function checkStrictSchema(name: string, schema: unknown): void {
  const refuse = (path: readonly string[], what: string): AzureError => {
    const context = `(${path.map((step) => `'${step}'`).join(', ')}${path.length === 1 ? ',' : ''})`;
    return invalidRequest(
      `Invalid schema for response_format '${name}': In context=${context}, ${what}.`,
      'response_format',
    );
  };
  if (!isSchema(schema) || schema.type !== 'object' || 'anyOf' in schema) {
    throw refuse([], `schema must be a JSON Schema of 'type: "object"'`);
  }
  let properties = 0;

  const visit = (node: unknown, path: readonly string[], depth: number): void => {
    if (!isSchema(node)) throw refuse(path, 'schema must be an object');
    if (depth > DEEPEST) throw refuse(path, `nesting exceeds ${DEEPEST} levels`);
    const unsupported = Object.keys(node).find((keyword) => UNSUPPORTED.has(keyword));
    if (unsupported) throw refuse(path, `'${unsupported}' is not permitted`);
    if (!('type' in node || 'anyOf' in node || '$ref' in node || 'enum' in node || 'const' in node)) {
      throw refuse(path, `schema must have a 'type' key`);
    }
    if (node.type === 'object') {
      const children = isSchema(node.properties) ? node.properties : {};
      const names = Object.keys(children);
      properties += names.length;
      if (properties > MOST_PROPERTIES) throw refuse(path, `more than ${MOST_PROPERTIES} properties in total`);
      if (node.additionalProperties !== false) {
        throw refuse(path, "'additionalProperties' is required to be supplied and to be false");
      }
      const required = Array.isArray(node.required) ? node.required : [];
      const missing = names.find((property) => !required.includes(property));
      if (missing !== undefined) {
        throw refuse(
          path,
          `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'`,
        );
      }
      for (const [property, child] of Object.entries(children))
        visit(child, [...path, 'properties', property], depth + 1);
    }
    if (node.type === 'array') visit(node.items, [...path, 'items'], depth);
    const alternatives: unknown[] = Array.isArray(node.anyOf) ? node.anyOf : [];
    for (const [index, child] of alternatives.entries()) visit(child, [...path, 'anyOf', String(index)], depth);
  };
  visit(schema, [], 1);
  for (const [key, child] of Object.entries(isSchema(schema.$defs) ? schema.$defs : {}))
    visit(child, ['$defs', key], 1);
}

/**
 * An answer that fits `schema`: what is known, found by property name, and where nothing is known (or it is of another
 * type) the emptiest value of the type.
 */
export function fillSchema(schema: Schema, known: ReadonlyMap<string, unknown>): unknown {
  const fill = (node: Schema, name: string | undefined): unknown => {
    if (typeof node.$ref === 'string') return fill(resolve(schema, node.$ref), name);
    if ('const' in node) return node.const;
    if (Array.isArray(node.enum)) return node.enum[0];
    if (Array.isArray(node.anyOf)) return fill(node.anyOf[0] as Schema, name);
    const value = name === undefined ? undefined : known.get(name.toLowerCase().replace(/[^a-z]/g, ''));
    const type = Array.isArray(node.type) ? node.type[0] : node.type;
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(isSchema(node.properties) ? node.properties : {}).map(([key, child]) => [
            key,
            fill(child as Schema, key),
          ]),
        );
      case 'array':
        return Array.isArray(value) && isSchema(node.items) && node.items.type === 'string' ? value : [];
      case 'string':
        return typeof value === 'string' ? value : '';
      case 'number':
      case 'integer':
        return 0;
      case 'boolean':
        return false;
      default:
        return null;
    }
  };
  return fill(schema, undefined);
}

function resolve(root: Schema, ref: string): Schema {
  if (ref === '#') return root;
  const name = ref.replace(/^#\/(\$defs|definitions)\//, '');
  const definitions = (root.$defs ?? root.definitions) as Schema | undefined;
  return (definitions?.[name] as Schema | undefined) ?? {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
