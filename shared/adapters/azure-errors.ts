import { APIError, APIUserAbortError } from 'openai';

const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 3_600;

/** Azure OpenAI cannot answer now (throttled, failing, unreachable, too slow): the same call may succeed later. */
export class AzureUnavailable extends Error {
  override readonly name = 'AzureUnavailable';
  /** When Azure said so: seconds to wait, 1 to 3,600. */
  readonly retryAfterSeconds: number | undefined;
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, about: { status?: number; retryAfterSeconds?: number; cause?: unknown }) {
    super(message, { cause: about.cause });
    this.status = about.status;
    this.retryAfterSeconds = about.retryAfterSeconds;
  }
}

/** Settings are wrong: no call can succeed before a person changes them. The message names the setting, never a key. */
export class AzureMisconfigured extends Error {
  override readonly name = 'AzureMisconfigured';
  readonly setting: string;

  constructor(setting: string, message: string, options?: ErrorOptions) {
    super(`${setting}: ${message}`, options);
    this.setting = setting;
  }
}

/** Azure refuses this very input (for instance, it is too long): repeating the call is pointless. */
export class AzureRejected extends Error {
  override readonly name = 'AzureRejected';
  readonly status: number;
  /** Azure's own code; undefined if it gave none. */
  readonly code: string | undefined;
  /** True when the content filter refused the prompt. */
  readonly filtered: boolean;

  constructor(message: string, about: { status: number; code?: string; filtered: boolean; cause?: unknown }) {
    super(message, { cause: about.cause });
    this.status = about.status;
    this.code = about.code;
    this.filtered = about.filtered;
  }
}

/** The answer has not the shape that was asked for. */
export class AzureMalformed extends Error {
  override readonly name = 'AzureMalformed';
}

export interface CallContext {
  /** The environment variable that names the deployment this call went to. */
  readonly deploymentSetting: string;
  readonly now: Date;
}

/** Translates what the `openai` client throws into the classes above, by class, status and code. Unknown errors are returned as they are. */
export function translateError(error: unknown, context: CallContext): unknown {
  if (error instanceof APIUserAbortError || isTransportError(error)) {
    return new AzureUnavailable('Azure OpenAI did not answer in time or the connection broke.', { cause: error });
  }
  if (error instanceof SyntaxError)
    return new AzureMalformed('Azure OpenAI answered with broken JSON.', { cause: error });
  if (!(error instanceof APIError)) return error;
  const { status } = error;
  if (status === undefined) return new AzureUnavailable('Azure OpenAI could not be reached.', { cause: error });
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    const wait = retryAfterSeconds(error.headers, context.now);
    return new AzureUnavailable(`Azure OpenAI answered ${status}.`, {
      status,
      ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
      cause: error,
    });
  }
  return misconfiguration(error, status, context) ?? rejection(error, status);
}

/**
 * Seconds to wait from `retry-after-ms`, or `Retry-After` as seconds or as an HTTP date, clamped to 1…3,600;
 * undefined if the headers say nothing usable.
 */
export function retryAfterSeconds(headers: Headers | undefined, now: Date): number | undefined {
  const milliseconds = number(headers?.get('retry-after-ms'));
  const after = headers?.get('retry-after') ?? undefined;
  const date = after === undefined ? Number.NaN : (Date.parse(after) - now.getTime()) / 1_000;
  const seconds = milliseconds === undefined ? (number(after) ?? date) : milliseconds / 1_000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}

function number(value: string | null | undefined): number | undefined {
  return value !== null && value !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** `fetch` reports a connection that breaks in the middle of a body as a TypeError, an aborted one as an AbortError. */
function isTransportError(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === 'AbortError' || error.name === 'TimeoutError';
  return error instanceof TypeError && (error.message === 'terminated' || error.message === 'fetch failed');
}

function misconfiguration(error: APIError, status: number, context: CallContext): AzureMisconfigured | undefined {
  const options = { cause: error };
  if (status === 401)
    return new AzureMisconfigured(
      'AZURE_OPENAI_API_KEY',
      'Azure refused the key (401). Set the key of the resource that AZURE_OPENAI_ENDPOINT names.',
      options,
    );
  if (status === 403)
    return new AzureMisconfigured(
      'AZURE_OPENAI_API_KEY',
      'Azure denied access (403). Check the resource’s network rules and the key’s rights.',
      options,
    );
  if (status === 404 && error.code === 'DeploymentNotFound') {
    return new AzureMisconfigured(
      context.deploymentSetting,
      'Azure knows no deployment of this name (404). Expected the name given to the deployment, not the model’s.',
      options,
    );
  }
  if (status === 400 && (error.code === 'OperationNotSupported' || namesOurParameter(error))) {
    return new AzureMisconfigured(
      context.deploymentSetting,
      'The deployment’s model or AZURE_OPENAI_API_VERSION does not know this kind of request (400). Expected a chat model with vision and structured outputs, a text-embedding-3 model, and an API version that serves both.',
      options,
    );
  }
  if (status === 404 || (status >= 300 && status < 400)) {
    return new AzureMisconfigured(
      'AZURE_OPENAI_ENDPOINT',
      `Azure found nothing at this address (${status}). Expected https://<resource>.openai.azure.com and an AZURE_OPENAI_API_VERSION that it serves.`,
      options,
    );
  }
  return undefined;
}

/** What every request of ours sends: a service that refuses one of these refuses every photo alike. */
const OUR_PARAMETERS = /response_format|json_schema|max_completion_tokens|dimensions/;

/** The one place where a message is read: Azure has no code for a parameter that a model or an API version does not know. */
function namesOurParameter(error: APIError): boolean {
  return OUR_PARAMETERS.test(`${error.param ?? ''} ${error.message}`);
}

function rejection(error: APIError, status: number): AzureRejected {
  const filtered = error.code === 'content_filter' || innerCode(error.error) === 'ResponsibleAIPolicyViolation';
  return new AzureRejected(`Azure OpenAI refused the request (${status}${error.code ? `, ${error.code}` : ''}).`, {
    status,
    ...(error.code ? { code: error.code } : {}),
    filtered,
    cause: error,
  });
}

function innerCode(body: object | undefined): unknown {
  const inner = body !== undefined && 'innererror' in body ? body.innererror : undefined;
  return typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined;
}
