import * as z from 'zod';
import { propertiesOf, UnusableTemplate } from '../template.ts';

export interface LambdaIntegration {
  readonly type: 'lambda';
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly streaming: boolean;
}

export interface MockIntegration {
  readonly type: 'mock';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Origins that are answered with themselves instead of the header's fixed value. */
  readonly otherOrigins: readonly string[];
}

const INTEGRATION_TIMEOUT_MS = 29_000;

const texts = z.record(z.string(), z.string()).default({});

export const integrationSchema = propertiesOf(
  {
    Type: z.enum(['AWS_PROXY', 'MOCK']),
    Uri: z.string().default(''),
    TimeoutInMillis: z.number().default(INTEGRATION_TIMEOUT_MS),
    ResponseTransferMode: z.enum(['BUFFERED', 'STREAM']).default('BUFFERED'),
    RequestTemplates: texts,
    IntegrationResponses: z
      .array(
        z.object({
          StatusCode: z.string(),
          SelectionPattern: z.string().optional(),
          ResponseParameters: texts,
          ResponseTemplates: texts,
        }),
      )
      .default([]),
  },
  ['IntegrationHttpMethod', 'PassthroughBehavior'],
);
type IntegrationProperties = z.infer<typeof integrationSchema>;

/** The function inside an integration or authorizer URI; `stream` tells the streaming invocation from the buffered one. */
export function functionOf(uri: string, owner: string): { functionArn: string; stream: boolean } {
  const match = /\/functions\/(arn:[^/]+)\/(invocations|response-streaming-invocations)$/.exec(uri);
  if (!match?.[1]) throw new UnusableTemplate(`${owner}: expected the URI of a Lambda invocation, received ${uri}`);
  return { functionArn: match[1], stream: match[2] === 'response-streaming-invocations' };
}

/** `'quoted'` as the gateway writes literals. */
export function unquote(value: string): string {
  return /^'(.*)'$/s.exec(value)?.[1] ?? value;
}

/** The only template logic understood in a mock: the CDK's, which echoes the Origin header if it equals one of several. */
function originsOf(template: string, owner: string): string[] {
  if (template.trim() === '') return [];
  if (!template.includes('$context.responseOverride.header.Access-Control-Allow-Origin = $origin')) {
    throw new UnusableTemplate(
      `${owner}: the local gateway understands no mock template but the CDK's for CORS origins`,
    );
  }
  return [...template.matchAll(/\$origin == "([^"]+)"/g)].map(([, origin]) => origin ?? '');
}

/** Throws `UnusableTemplate` for one that streams by half. */
export function readLambda(integration: IntegrationProperties, owner: string): LambdaIntegration {
  const { functionArn, stream } = functionOf(integration.Uri, owner);
  const streaming = integration.ResponseTransferMode === 'STREAM';
  if (stream !== streaming) {
    throw new UnusableTemplate(
      `${owner}: ResponseTransferMode and the URI's kind of invocation must both stream, or neither`,
    );
  }
  return { type: 'lambda', functionArn, timeoutMs: integration.TimeoutInMillis, streaming };
}

/** Throws `UnusableTemplate` for one whose answer the local gateway cannot know. */
export function readMock(integration: IntegrationProperties, owner: string): MockIntegration {
  const chosen = /statusCode["']?\s*:\s*(\d{3})/.exec(integration.RequestTemplates['application/json'] ?? '')?.[1];
  const fits = (pattern: string | undefined) =>
    pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(chosen ?? '');
  const responses = integration.IntegrationResponses;
  const response =
    responses.find(({ SelectionPattern }) => fits(SelectionPattern)) ??
    responses.find(({ SelectionPattern }) => SelectionPattern === undefined);
  if (!chosen || !response) throw new UnusableTemplate(`${owner}: the mock chooses no status it has a response for`);
  const prefix = 'method.response.header.';
  const headers = Object.entries(response.ResponseParameters).map(([name, value]) => [
    name.slice(prefix.length),
    unquote(value),
  ]);
  return {
    type: 'mock',
    status: Number(response.StatusCode),
    headers: Object.fromEntries(headers),
    otherOrigins: originsOf(response.ResponseTemplates['application/json'] ?? '', owner),
  };
}
