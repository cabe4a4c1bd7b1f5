import * as z from 'zod';
import type { Route } from '../../shared/contract/routes.ts';

/** A schema within what a route takes, and where: `ids[]`, `to.name`. */
export interface Leaf {
  schema: z.ZodType;
  path: string;
}

interface Def {
  type: string;
  element?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  options?: z.ZodType[];
  innerType?: z.ZodType;
  in?: z.ZodType;
  keyType?: z.ZodType;
  valueType?: z.ZodType;
}

const definition = (schema: z.ZodType): Def => (schema as unknown as { _zod: { def: Def } })._zod.def;

/** Every schema a schema is made of, itself included; alternatives one after the other. */
export function* schemasWithin(schema: z.ZodType, path = ''): Generator<Leaf> {
  yield { schema, path };
  const { element, shape, options, innerType, in: input, keyType, valueType } = definition(schema);
  if (element) yield* schemasWithin(element, `${path}[]`);
  for (const [name, field] of Object.entries(shape ?? {})) yield* schemasWithin(field, path ? `${path}.${name}` : name);
  for (const option of options ?? []) yield* schemasWithin(option, path);
  for (const inner of [innerType, input]) if (inner) yield* schemasWithin(inner, path);
  for (const [name, part] of [
    ['{}', keyType],
    ['{…}', valueType],
  ] as const)
    if (part) yield* schemasWithin(part, `${path}${name}`);
}

/** What a route takes, by where it comes from. */
export function inputsOf({ params, query, body }: Route): { from: 'path' | 'query' | 'body'; schema: z.ZodType }[] {
  return [
    ...(params ? [{ from: 'path' as const, schema: params }] : []),
    ...(query ? [{ from: 'query' as const, schema: query }] : []),
    ...(body && 'schema' in body ? [{ from: 'body' as const, schema: body.schema }] : []),
  ];
}

/** Whether a schema bounds the strings, lists, numbers it takes, by what it says of itself as JSON Schema; others are made of such. */
export function boundsOf(schema: z.ZodType): { type: string; bounded: boolean } {
  const { type } = definition(schema);
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  const { maxLength, maxItems, maximum = Number.MAX_SAFE_INTEGER } = json;
  const patterns = [json, ...(json.allOf ?? [])].flatMap(({ pattern }) => pattern ?? []);
  // Without what is escaped or stands in a class, what is left of `*` and `+` repeats.
  const repeats = (pattern: string) => /[*+]|\{\d+,\}/.test(pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_'));
  const exact = patterns.some((pattern) => pattern.startsWith('^') && pattern.endsWith('$') && !repeats(pattern));
  switch (type) {
    case 'string':
      return { type, bounded: maxLength !== undefined || exact };
    case 'array':
      return { type, bounded: maxItems !== undefined };
    case 'number':
      return { type, bounded: maximum < Number.MAX_SAFE_INTEGER };
    case 'record':
    case 'any':
    case 'unknown':
      return { type, bounded: false };
    default:
      return { type, bounded: true };
  }
}

interface Json {
  maxLength?: number;
  maxItems?: number;
  maximum?: number;
  pattern?: string;
  allOf?: { pattern?: string }[];
}
