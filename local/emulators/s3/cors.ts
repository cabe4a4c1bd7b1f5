import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { childrenOf, textOf, textsOf } from '../xml.ts';
import { header, type S3Request } from './request.ts';

interface CorsRule {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAge: string | undefined;
}

function parseRules(configuration: string): CorsRule[] {
  return childrenOf(configuration, 'CORSRule').map((rule) => ({
    origins: textsOf(rule, 'AllowedOrigin'),
    methods: textsOf(rule, 'AllowedMethod'),
    headers: textsOf(rule, 'AllowedHeader').map((name) => name.toLowerCase()),
    exposed: textsOf(rule, 'ExposeHeader'),
    maxAge: textOf(rule, 'MaxAgeSeconds'),
  }));
}

/** A pattern holds at most one `*`, which stands for anything. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

function ruleFor(rules: CorsRule[], origin: string, method: string, headers: string[]): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.methods.includes(method) &&
      rule.origins.some((pattern) => fits(pattern, origin)) &&
      headers.every((name) => rule.headers.some((pattern) => fits(pattern, name))),
  );
}

function corsHeaders(rule: CorsRule, origin: string): Record<string, string> {
  // A rule for everyone answers `*`; any other names the origin and allows credentials.
  const open = rule.origins.includes('*');
  return {
    'access-control-allow-origin': open ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(open ? {} : { 'access-control-allow-credentials': 'true' }),
    ...(rule.exposed.length > 0 ? { 'access-control-expose-headers': rule.exposed.join(', ') } : {}),
    ...(rule.maxAge === undefined ? {} : { 'access-control-max-age': rule.maxAge }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** Answers a browser's preflight. @throws AwsError AccessForbidden, BadRequest */
export function preflight(request: S3Request, configuration: string | undefined): void {
  const origin = header(request, 'origin');
  const method = header(request, 'access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new AwsError('BadRequest', 'Insufficient information. Origin request header needed.');
  }
  const asked = (header(request, 'access-control-request-headers') ?? '').toLowerCase();
  const names = asked
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const rule = configuration === undefined ? undefined : ruleFor(parseRules(configuration), origin, method, names);
  if (!rule) {
    const reason =
      configuration === undefined ? 'CORS is not enabled for this bucket.' : 'This CORS request is not allowed.';
    throw new AwsError('AccessForbidden', `CORSResponse: ${reason}`, 403, { Method: method });
  }
  const allowed: Record<string, string> = names.length > 0 ? { 'access-control-allow-headers': names.join(', ') } : {};
  reply(request, 200, { ...corsHeaders(rule, origin), ...allowed }, '');
}

/** Sets CORS headers on the answer to come (an error too), if a rule allows this origin and method. */
export function allowOrigin(request: S3Request, configuration: string | undefined): void {
  const origin = header(request, 'origin');
  if (origin === undefined || configuration === undefined) return;
  const rule = ruleFor(parseRules(configuration), origin, request.method, []);
  if (!rule) return;
  for (const [name, value] of Object.entries(corsHeaders(rule, origin))) request.response.setHeader(name, value);
}
