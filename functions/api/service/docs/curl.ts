import type { Route, RouteId } from '../../../../shared/contract/routes.ts';
import { bodyExamples, parameterExamples } from './examples.ts';

/** A command that calls the route, for a shell in which `$API` and `$TOKEN` are set. Values are quoted for the shell. */
export function curlOf(route: Route & { id: RouteId }): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => parameterExamples[name] ?? name);
  const method = route.method === 'GET' ? [] : [`-X ${route.method}`];
  const token = route.access !== 'user' && route.access !== 'media' ? [] : [`-H "Authorization: Bearer $TOKEN"`];
  const prefer = 202 in route.responses && 200 in route.responses ? [`-H 'Prefer: wait=20'`] : [];
  const file = route.access === 'media' || route.access === 'link-media' ? ['-L -o picture'] : [];
  return ['curl', ...method, ...token, ...prefer, ...bodyOf(route), ...file, `"$API${path}"`].join(' \\\n  ');
}

function bodyOf({ id, body }: Route & { id: RouteId }): string[] {
  if (!body) return [];
  if (body.type === 'multipart') return ["-F 'files=@beach.jpg'"];
  const example: object = id in bodyExamples ? bodyExamples[id as keyof typeof bodyExamples] : {};
  if (body.type === 'form') {
    return Object.entries(example).map(([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`);
  }
  return ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(example))}`];
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
