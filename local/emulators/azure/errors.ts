/** An answer other than 200, with the body and headers that Azure OpenAI documents for it. */
export class AzureError extends Error {
  override readonly name = 'AzureError';
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: { code: string | null; message: string; [key: string]: unknown }, headers = {}) {
    super(error.message);
    this.status = status;
    this.body = { error };
    this.headers = headers;
  }
}

/** 400 in the form the model side uses (the gateway side uses `{code, message}` only). */
export function invalidRequest(message: string, param: string | null = null, code: string | null = null): AzureError {
  return new AzureError(400, { message, type: 'invalid_request_error', param, code });
}

export const notFound = () => new AzureError(404, { code: '404', message: 'Resource not found' });

export const unknownDeployment = () =>
  new AzureError(404, {
    code: 'DeploymentNotFound',
    message:
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
  });

export const badKey = () =>
  new AzureError(401, {
    code: '401',
    message:
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
  });

/** `retryAfter` goes out as it is: seconds or an HTTP date, both of which the header may hold. */
export const throttled = (operation: string, apiVersion: string, retryAfter: string) =>
  new AzureError(
    429,
    {
      code: '429',
      message: `Requests to the ${operation} Operation under Azure OpenAI API version ${apiVersion} have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after ${retryAfter} seconds.`,
    },
    { 'retry-after': retryAfter },
  );

/** Says how long to wait only where it knows. */
export const serverError = (retryAfter?: string) =>
  new AzureError(
    500,
    {
      code: 'InternalServerError',
      message: 'The server had an error while processing your request. Sorry about that!',
    },
    retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  );

export const promptFiltered = () =>
  new AzureError(400, {
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: filterResults('violence'),
    },
  });

/** Severity per category, as it accompanies every answer; `filtered` names the one that was blocked, if any. */
export function filterResults(filtered?: string) {
  return Object.fromEntries(
    ['hate', 'self_harm', 'sexual', 'violence'].map((category) => [
      category,
      category === filtered ? { filtered: true, severity: 'medium' } : { filtered: false, severity: 'safe' },
    ]),
  );
}
