import { type Json, type JsonObject, type OpenApi, openApi } from '../../../../shared/contract/openapi.ts';
import { type Route, type RouteId, routes } from '../../../../shared/contract/routes.ts';
import { curlOf } from './curl.ts';
import { Html, html } from './html.ts';
import { parametersAsSchema, schemaTable, typeOf } from './schema.ts';
import { style } from './style.ts';

const ACCESS: Record<Route['access'], string> = {
  public: 'No token needed.',
  user: 'Needs an access token.',
  link: 'Needs the token of a link, and Share-Access where the link has a password.',
  'link-media': 'Needs the token of a link, and a signature the API gave, or Share-Access.',
  media: 'Needs an access token, or the signature of a URL the API gave.',
};

/** What no single route tells: how the answer of one is used with the next. */
const firstUpload = html`<section aria-labelledby="first-upload"><h2 id="first-upload">A picture, from file to title</h2>
<pre><code># 1. Ask for a form; \`upload.url\` and \`upload.fields\` of the answer are the form.
curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d "{\\"files\\":[{\\"filename\\":\\"beach.jpg\\",\\"content_type\\":\\"image/jpeg\\",\\"bytes\\":$(wc -c < beach.jpg)}]}" \\
  "$API/images/uploads" > ticket.json

# 2. Send it to S3: every field first, the file last. S3 answers 204.
jq -r '.items[0].upload.fields | to_entries[] | "form-string = \\"\\(.key)=\\(.value)\\""' ticket.json > form.txt
curl --config form.txt -F file=@beach.jpg "$(jq -r '.items[0].upload.url' ticket.json)"

# 3. Look at it until its status is done.
curl -H "Authorization: Bearer $TOKEN" "$API/images/$(jq -r '.items[0].image_id' ticket.json)"</code></pre></section>`;

/** The whole description of the API as one page, for people. `apiUrl` is where it begins: `https://host/dev/api/v1`. */
export function renderDocs(basePath: string, apiUrl: string): string {
  const api = openApi(basePath);
  const tags = (api.tags as { name: Route['tag']; description: string }[]).map((tag) => ({
    ...tag,
    routes: (routes as readonly (Route & { id: RouteId })[]).filter((route) => route.tag === tag.name),
  }));
  const names = Object.keys(api.components.schemas).sort();
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shoebox API</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the routes</a>
<header>
<h1>Shoebox API</h1>
<p>${(api.info as { description: string }).description}</p>
<p class="soft">Version ${(api.info as { version: string }).version} · <a href="${basePath}/openapi.json">openapi.json</a></p>
<pre><code>export API='${apiUrl}'
export TOKEN='…'   # access_token from POST /auth/token</code></pre>
</header>
<nav aria-label="Routes">
${tags.map(
  (tag) =>
    html`<h2>${tag.description}</h2><ul>${tag.routes.map(
      (route) => html`<li><a href="#${route.id}"><span class="verb">${route.method}</span> ${route.path}</a></li>`,
    )}</ul>`,
)}
<h2>Shapes</h2><ul>${names.map((name) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</nav>
<main id="main">
${firstUpload}
${tags.map(
  (tag) => html`<section aria-labelledby="tag-${tag.name}"><h2 id="tag-${tag.name}">${tag.description}</h2>
${tag.routes.map((route) => article(route, api))}</section>`,
)}
<section aria-labelledby="shapes"><h2 id="shapes">Shapes</h2>
${names.map(
  (name) => html`<article><h3 id="schema-${name}">${name}</h3>
${schemaTable(api.components.schemas[name] ?? {}, `Fields of ${name}`)}</article>`,
)}</section>
</main>
</body>
</html>
`;
  return page.text;
}

function article(route: Route & { id: RouteId }, api: OpenApi): Html {
  const operation = api.paths[route.path]?.[route.method.toLowerCase()] ?? {};
  const parameters = parametersAsSchema(operation.parameters);
  const aliases = (route.aliases ?? []).map(({ method = route.method, path }) => `${method} ${path}`);
  return html`<article>
<h3 id="${route.id}"><span class="verb">${route.method}</span> <code>${route.path}</code></h3>
<p>${route.summary}. <span class="soft">${ACCESS[route.access]}</span></p>
${route.deprecated && html`<p class="old">Deprecated: use <code>${route.successor}</code>.</p>`}
${aliases.length > 0 && html`<p class="old">Also answers, deprecated: ${aliases.map((alias) => html`<code>${alias}</code> `)}</p>`}
${parameters && schemaTable(parameters, `Parameters of ${route.method} ${route.path}`)}
${bodies(operation.requestBody)}
<pre><code>${curlOf(route)}</code></pre>
<ul>${Object.entries(operation.responses as Record<string, JsonObject>).map(([status, answer]) => answerOf(status, answer, api))}</ul>
</article>`;
}

function bodies(requestBody: Json | undefined): Html | false {
  const content = contentOf(requestBody as JsonObject | undefined);
  if (content.length === 0) return false;
  return html`<p>Body: ${content.map(([type, schema]) => html`<code>${type}</code> ${schema && typeOf(schema)} `)}</p>`;
}

function answerOf(status: string, answer: JsonObject, api: OpenApi): Html {
  const name = typeof answer.$ref === 'string' ? (answer.$ref.split('/').at(-1) ?? '') : '';
  const resolved = api.components.responses[name] ?? answer;
  const content = contentOf(resolved).map(
    ([type, schema]) => html` — ${schema ? typeOf(schema) : html`<code>${type}</code>`}`,
  );
  return html`<li><code>${status}</code> ${resolved.description as string}${content}</li>`;
}

function contentOf(holder: JsonObject | undefined): [string, JsonObject | undefined][] {
  const content = (holder?.content ?? {}) as Record<string, { schema?: JsonObject }>;
  return Object.entries(content).map(([type, { schema }]) => [type, schema]);
}
