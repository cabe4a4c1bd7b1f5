import type { ApiDefinition } from './api.ts';
import { type GatewayRequest, header } from './event.ts';
import { unquote } from './integrations.ts';

/** What the gateway answers by itself, by response type (API Gateway developer guide, "Gateway response types"). */
const DEFAULTS = {
  ACCESS_DENIED: [403, 'User is not authorized to access this resource'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'Internal server error'],
  AUTHORIZER_FAILURE: [500, 'Internal server error'],
  API_CONFIGURATION_ERROR: [500, 'Internal server error'],
  /** Malformed or failed answers of a function have no type of their own: only the default applies to them. */
  DEFAULT_5XX: [502, 'Internal server error'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long'],
  THROTTLED: [429, 'Too Many Requests'],
  UNAUTHORIZED: [401, 'Unauthorized'],
} as const;
export type ResponseType = keyof typeof DEFAULTS;

/** The gateway answers instead of a function. `message` replaces the default one. */
export class GatewayRefusal extends Error {
  override name = 'GatewayRefusal';
  readonly type: ResponseType;
  /** What the gateway's log says and the client never sees. */
  readonly reason: string;
  constructor(type: ResponseType, reason: string, message: string = DEFAULTS[type][1]) {
    super(message);
    this.type = type;
    this.reason = reason;
  }
}

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Situation {
  readonly request: GatewayRequest;
  readonly resourcePath: string | undefined;
  readonly refusal: GatewayRefusal;
}

/** `$context` variables that a gateway response may use; anything else is empty, as on AWS. */
function contextOf(api: ApiDefinition, { request, resourcePath, refusal }: Situation): Record<string, string> {
  return {
    'error.message': refusal.message,
    'error.messageString': JSON.stringify(refusal.message),
    'error.responseType': refusal.type,
    apiId: api.id,
    extendedRequestId: request.requestId,
    httpMethod: request.httpMethod,
    'identity.sourceIp': request.sourceIp,
    'identity.userAgent': header(request, 'user-agent') ?? '',
    path: `/${api.stage}${request.path}`,
    protocol: request.protocol,
    requestId: request.requestId,
    requestTimeEpoch: String(request.receivedAt.getTime()),
    resourcePath: resourcePath ?? '',
    stage: api.stage,
  };
}

function chooseTemplate(templates: Readonly<Record<string, string>>, accept: string | undefined): [string, string] {
  const [first = ''] = (accept ?? '').split(/[,;]/, 1);
  const wanted = templates[first.trim()];
  if (wanted !== undefined) return [first.trim(), wanted];
  const json = templates['application/json'];
  if (json !== undefined) return ['application/json', json];
  return Object.entries(templates)[0] ?? ['application/json', '{"message":$context.error.messageString}'];
}

/** Renders the answer to a refusal as the template shapes it: its own type first, then `DEFAULT_4XX` or `DEFAULT_5XX`. */
export function renderRefusal(api: ApiDefinition, situation: Situation): GatewayAnswer {
  const { request, refusal } = situation;
  const [defaultStatus] = DEFAULTS[refusal.type];
  const fallback = api.responses.get(defaultStatus < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const override = api.responses.get(refusal.type) ?? fallback;
  const context = contextOf(api, situation);
  const [mediaType, template] = chooseTemplate(override?.templates ?? {}, header(request, 'accept'));
  const headers = Object.entries(override?.headers ?? {}).flatMap(([name, source]) => {
    const ofRequest = /^method\.request\.header\.(.+)$/.exec(source)?.[1];
    const ofContext = /^context\.(.+)$/.exec(source)?.[1];
    const value = ofRequest ? header(request, ofRequest) : ofContext ? context[ofContext] : unquote(source);
    return value ? [[name, value] as const] : [];
  });
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  return {
    status: override?.status ?? defaultStatus,
    headers: { ...(named.has('content-type') ? {} : { 'Content-Type': mediaType }), ...Object.fromEntries(headers) },
    body: template.replace(/\$context\.([A-Za-z.]+[A-Za-z])/g, (_, name: string) => context[name] ?? ''),
  };
}
