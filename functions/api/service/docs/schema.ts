import type { Json, JsonObject } from '../../../../shared/contract/openapi.ts';
import { type Html, html } from './html.ts';

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const asList = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** A JSON Schema in words: `string or null`, `list of Image`, with links to named schemas. */
export function typeOf(schema: JsonObject): Html {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const alternatives = asList(schema.anyOf ?? schema.oneOf);
  if (alternatives.length > 0) return join(alternatives.map((each) => typeOf(asObject(each))));
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined)
    return join(asList(schema.enum).map((value) => html`<code>${JSON.stringify(value)}</code>`));
  if (schema.type === 'array') return html`list of ${typeOf(asObject(schema.items))}`;
  if (Array.isArray(schema.type)) return html`${schema.type.join(' or ')}`;
  if (typeof schema.format === 'string') return html`${schema.format}`;
  return html`${typeof schema.type === 'string' ? schema.type : 'anything'}`;
}

function join(parts: Html[]): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : html` or ${part}`))}`;
}

const LIMITS: Record<string, (limit: string) => string> = {
  minimum: (limit) => `at least ${limit}`,
  maximum: (limit) => `at most ${limit}`,
  minLength: (limit) => `at least ${limit} characters`,
  maxLength: (limit) => `at most ${limit} characters`,
  minItems: (limit) => `at least ${limit} entries`,
  maxItems: (limit) => `at most ${limit} entries`,
  pattern: (limit) => `matches ${limit}`,
  default: (limit) => `default ${limit}`,
};

/** Description and limits of a field. */
function notesOf(schema: JsonObject): Html {
  const limits = Object.entries(LIMITS).flatMap(([key, words]) => {
    const limit = schema[key];
    return limit === undefined ? [] : [words(typeof limit === 'string' ? limit : JSON.stringify(limit))];
  });
  const text = [schema.description, limits.join('; ')].filter(Boolean).join('. ');
  return html`${text}`;
}

/** The fields of an object schema, objects inside it included, one row each. */
function rows(schema: JsonObject, prefix: string): Html[] {
  const required = new Set(asList(schema.required));
  return Object.entries(asObject(schema.properties)).flatMap(([name, value]) => {
    const field = asObject(value);
    const inner = field.type === 'array' ? asObject(field.items) : field;
    const path = `${prefix}${name}`;
    return [
      html`<tr><th scope="row"><code>${path}</code>${required.has(name) ? '' : html` <small>optional</small>`}</th>
<td>${typeOf(field)}</td><td>${notesOf(field)}</td></tr>`,
      ...rows(inner, `${path}${field.type === 'array' ? '[]' : ''}.`),
    ];
  });
}

/** A table of a schema's fields; of each shape, where there are several. */
export function schemaTable(schema: JsonObject, caption: string): Html {
  const shapes = asList(schema.anyOf).map(asObject);
  if (shapes.length > 0) {
    return html`<p>One of:</p>${shapes.map((shape, index) =>
      shape.properties ? schemaTable(shape, `${caption}, shape ${index + 1}`) : html`<p>${typeOf(shape)}</p>`,
    )}`;
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Notes</th></tr></thead>
<tbody>${rows(schema, '')}</tbody></table></div>`;
}

/** Parameters of an operation as the object schema they amount to. */
export function parametersAsSchema(parameters: Json | undefined): JsonObject | undefined {
  const list = asList(parameters).map(asObject);
  if (list.length === 0) return undefined;
  return {
    properties: Object.fromEntries(
      list.map(({ name, in: place, schema, description }) => {
        const notes = [`in ${place}`, description].filter(Boolean).join('. ');
        return [String(name), { ...asObject(schema), description: notes }];
      }),
    ),
    required: list.filter(({ required }) => required === true).map(({ name }) => String(name)),
  };
}
