import { describe, expect, test } from 'vitest';
import { endpoints, type Route, routes } from '../../shared/contract/routes.ts';
import { problem } from '../../shared/contract/schemas.ts';
import { functionIn, functionName, type Resource, referenced, synthesize, type Template } from './template.ts';

const template = synthesize();

interface MethodFact {
  route: string;
  handler: string;
  mode: string;
  authorization: string;
}

/** Path of an API resource, from the root down. */
function pathOf(template: Template, id: string | undefined): string {
  const resource = template.resources.find((candidate) => candidate.id === id);
  if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
  return `${pathOf(template, referenced(resource.Properties.ParentId))}/${resource.Properties.PathPart}`;
}

function methods(template: Template): MethodFact[] {
  return template
    .ofType('AWS::ApiGateway::Method')
    .filter(({ Properties }) => String(Properties.HttpMethod) !== 'OPTIONS')
    .map(({ Properties: { HttpMethod, ResourceId, AuthorizationType, Integration } }) => ({
      route: `${HttpMethod} ${pathOf(template, referenced(ResourceId))}`,
      handler: functionName(functionIn(template, Integration?.Uri) as Resource),
      mode: String(Integration?.ResponseTransferMode),
      authorization: String(AuthorizationType),
    }));
}

test('every endpoint of the contract is a method, and every method is one of the contract', () => {
  const methodsOf = ({ method, access }: (typeof endpoints)[number]) =>
    access.endsWith('media') ? [method, 'HEAD'] : [method];
  const served = endpoints.flatMap((endpoint) => methodsOf(endpoint).map((method) => ({ ...endpoint, method })));
  const expected = served.map(({ method, path, access }) => ({
    route: `${method} /v1${path}`,
    handler: access.endsWith('media') ? 'media' : 'api',
    mode: access.endsWith('media') ? 'STREAM' : 'BUFFERED',
    authorization: access === 'user' ? 'CUSTOM' : 'NONE',
  }));
  const byRoute = (a: { route: string }, b: { route: string }) => a.route.localeCompare(b.route);
  expect(methods(template).sort(byRoute)).toEqual(expected.sort(byRoute));
});

test('one authorizer looks at the bearer token and is asked again after five minutes', () => {
  const authorizers = template.ofType('AWS::ApiGateway::Authorizer');
  expect(authorizers).toHaveLength(1);
  expect(authorizers[0]?.Properties).toMatchObject({
    Type: 'TOKEN',
    IdentitySource: 'method.request.header.Authorization',
    AuthorizerResultTtlInSeconds: 300,
  });
});

test('an answer may take as long as its function, a streamed one minutes', () => {
  for (const { Properties } of template.ofType('AWS::ApiGateway::Method')) {
    const integration = Properties.Integration;
    const fn = functionIn(template, integration?.Uri);
    expect(integration?.TimeoutInMillis).toBe(Number(fn?.Properties.Timeout) * 1000);
  }
});

test('a function’s policy does not grow with the routes', () => {
  const permissions = template.ofType('AWS::Lambda::Permission');
  for (const fn of template.ofType('AWS::Lambda::Function')) {
    const own = permissions.filter(({ Properties }) => functionIn(template, Properties.FunctionName) === fn);
    expect(own.length, functionName(fn)).toBeLessThanOrEqual(2);
  }
  for (const { Properties } of permissions) expect(Properties.SourceArn).toBeDefined();
});

test('the stage is throttled, traced and logged, without what was asked for or sent', () => {
  const stage = template.ofType('AWS::ApiGateway::Stage')[0] as Resource;
  expect(stage.Properties).toMatchObject({ StageName: 'api', TracingEnabled: true });
  const [every, ...others] = stage.Properties.MethodSettings as unknown as Record<string, unknown>[];
  expect(every).toMatchObject({
    ResourcePath: '/*',
    HttpMethod: '*',
    ThrottlingRateLimit: 100,
    ThrottlingBurstLimit: 200,
  });
  // What is said of one method replaces what is said of all.
  // Metrics of each method are paid for one by one.
  for (const setting of [every, ...others])
    expect(setting).toMatchObject({ LoggingLevel: 'ERROR', DataTraceEnabled: false, MetricsEnabled: false });
  const format = String(stage.Properties.AccessLogSetting?.Format);
  expect(JSON.parse(format)).toHaveProperty('request_id');
  expect(format).not.toMatch(/querystring|context\.path"|sourceIp|principalId|claims/);
});

test('what guesses at secrets, fills the storage or starts long work is throttled more', () => {
  const stage = template.ofType('AWS::ApiGateway::Stage')[0] as Resource;
  const settings = stage.Properties.MethodSettings as unknown as {
    ResourcePath: string;
    HttpMethod: string;
    ThrottlingRateLimit: number;
  }[];
  const rates = new Map(
    settings.map(({ ResourcePath, HttpMethod, ThrottlingRateLimit }) => [
      `${HttpMethod} ${ResourcePath.replaceAll('~1', '/').replace(/^\/+/, '/')}`,
      ThrottlingRateLimit,
    ]),
  );
  expect(rates.get('POST /v1/shared/{token}/access')).toBe(5);
  const paced = endpoints.filter(({ pace }) => pace);
  expect(paced.length).toBeGreaterThan(15);
  for (const { method, path } of paced) expect(rates.get(`${method} /v1${path}`), path).toBeLessThan(100);
  // A route nobody has signed in for and that takes something is one to guess at, and so is one that answers 202 one that works long.
  for (const { body, responses, access, path, method } of routes as readonly Route[]) {
    if ((body && access !== 'user') || 202 in responses) expect(rates.has(`${method} /v1${path}`), path).toBe(true);
  }
});

test('only multipart bodies are taken for bytes', () => {
  expect(template.ofType('AWS::ApiGateway::RestApi')[0]?.Properties).toMatchObject({
    BinaryMediaTypes: ['multipart/form-data'],
    EndpointConfiguration: { Types: ['REGIONAL'] },
  });
});

describe('errors of the gateway itself', () => {
  const responses = (from: Template) => from.ofType('AWS::ApiGateway::GatewayResponse');
  const byType = new Map(responses(template).map(({ Properties }) => [String(Properties.ResponseType), Properties]));

  test('are problems like all others', () => {
    for (const [type, { ResponseTemplates, StatusCode, ResponseParameters }] of byType) {
      const body = problem.parse(JSON.parse(String(ResponseTemplates?.['application/json'])));
      expect(String(body.status), type).toBe(StatusCode);
      expect(body.request_id).toBe('$context.requestId');
      expect(ResponseParameters?.['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'");
    }
  });

  test.each([
    ['UNAUTHORIZED', 401],
    ['MISSING_AUTHENTICATION_TOKEN', 404],
    ['REQUEST_TOO_LARGE', 413],
    ['THROTTLED', 429],
    ['INTEGRATION_TIMEOUT', 503],
    ['DEFAULT_4XX', 400],
    ['DEFAULT_5XX', 500],
  ])('%s is a %i', (type, status) => {
    expect(byType.get(type)?.StatusCode).toBe(String(status));
  });

  test('name the route for large photos where a body is too large', () => {
    expect(String(byType.get('REQUEST_TOO_LARGE')?.ResponseTemplates?.['application/json'])).toContain(
      '/images/uploads',
    );
  });

  test('can be read by the pages that may call the API, and by no other', () => {
    const header = 'gatewayresponse.header.Access-Control-Allow-Origin';
    const allowed = (settings: Record<string, string>) =>
      new Set(responses(synthesize(settings)).map(({ Properties }) => Properties.ResponseParameters?.[header]));
    expect([...new Set([...byType.values()].map(({ ResponseParameters }) => ResponseParameters?.[header]))]).toEqual([
      undefined,
    ]);
    expect([...allowed({ CORS_ORIGINS: 'https://a.example' })]).toEqual(["'https://a.example'"]);
    expect([...allowed({ CORS_ORIGINS: 'https://a.example,https://b.example' })]).toEqual([
      'method.request.header.Origin',
    ]);
  });
});

describe('preflight', () => {
  const options = (from: Template) =>
    from.ofType('AWS::ApiGateway::Method').filter(({ Properties }) => String(Properties.HttpMethod) === 'OPTIONS');

  test('is answered for no page unless one is named', () => {
    expect(options(template)).toEqual([]);
  });

  test('is answered for every path to a named page, without a token', () => {
    const open = synthesize({ CORS_ORIGINS: 'https://a.example' });
    const answered = new Set(options(open).map(({ Properties }) => pathOf(open, referenced(Properties.ResourceId))));
    for (const { path } of endpoints) expect(answered).toContain(`/v1${path}`);
    for (const { Properties } of options(open)) {
      expect(Properties).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'MOCK' } });
      expect(JSON.stringify(Properties)).toContain('https://a.example');
      expect(JSON.stringify(Properties)).toContain('Authorization');
    }
  });
});

test('outputs say where things are', () => {
  expect(Object.keys(template.outputs).sort()).toEqual(['ApiUrl', 'BucketName', 'SecretArn', 'TableName']);
  expect(JSON.stringify(template.outputs.ApiUrl?.Value)).toContain('/v1');
});
