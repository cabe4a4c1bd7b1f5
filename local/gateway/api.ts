import * as z from 'zod';
import type { Scope } from '../intrinsics.ts';
import { rootResourceId } from '../physical-ids.ts';
import { propertiesOf, type Template, UnusableTemplate, type View, viewResources } from '../template.ts';
import {
  functionOf,
  integrationSchema,
  type LambdaIntegration,
  type MockIntegration,
  readLambda,
  readMock,
} from './integrations.ts';

/** The REST API as the template defines it, ready to be served. */
export interface ApiDefinition {
  readonly id: string;
  readonly stage: string;
  readonly region: string;
  readonly accountId: string;
  readonly binaryMediaTypes: readonly string[];
  readonly methods: readonly ApiMethod[];
  /** Gateway responses by type (`UNAUTHORIZED`, `DEFAULT_4XX`, …). */
  readonly responses: ReadonlyMap<string, ResponseOverride>;
  readonly throttles: readonly Throttle[];
}

export interface ApiMethod {
  readonly resourceId: string;
  /** As in the template: `/v1/images/{image_id}`. */
  readonly resourcePath: string;
  /** `GET`, …, or `ANY`. */
  readonly httpMethod: string;
  readonly authorizer: AuthorizerDefinition | undefined;
  readonly integration: LambdaIntegration | MockIntegration;
}

export interface AuthorizerDefinition {
  readonly id: string;
  readonly type: 'TOKEN' | 'REQUEST';
  readonly functionArn: string;
  /** Each `method.request.header.Authorization`, `method.request.querystring.token` or `context.…`. */
  readonly identitySources: readonly string[];
  readonly validation: RegExp | undefined;
  readonly ttlSeconds: number;
}

export interface ResponseOverride {
  readonly status: number | undefined;
  /** Header name → `'literal'`, `context.…` or `method.request.header.…`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Media type → template. */
  readonly templates: Readonly<Record<string, string>>;
}

export interface Throttle {
  readonly httpMethod: string;
  /** `*` or a resource path. */
  readonly resourcePath: string;
  readonly ratePerSecond: number;
  readonly burst: number;
}

const AUTHORIZER_TTL_SECONDS = 300;

const texts = z.record(z.string(), z.string()).default({});
const restApiSchema = propertiesOf({ BinaryMediaTypes: z.array(z.string()).default([]) }, [
  'Description',
  'EndpointConfiguration',
  'Name',
  'Tags',
]);
const resourceSchema = z.object({ ParentId: z.string(), PathPart: z.string() });
const stageSchema = z.object({
  StageName: z.string(),
  MethodSettings: z
    .array(
      z.object({
        HttpMethod: z.string().default('*'),
        ResourcePath: z.string().default('/*'),
        ThrottlingRateLimit: z.number().optional(),
        ThrottlingBurstLimit: z.number().optional(),
      }),
    )
    .default([]),
});
const authorizerSchema = z.object({
  Type: z.enum(['TOKEN', 'REQUEST']),
  AuthorizerUri: z.string(),
  IdentitySource: z.string().default(''),
  IdentityValidationExpression: z.string().optional(),
  AuthorizerResultTtlInSeconds: z.number().default(AUTHORIZER_TTL_SECONDS),
});
const methodSchema = propertiesOf(
  {
    ResourceId: z.string(),
    HttpMethod: z.string(),
    AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
    AuthorizerId: z.string().optional(),
    ApiKeyRequired: z.literal(false).default(false),
    Integration: integrationSchema,
  },
  ['MethodResponses', 'OperationName', 'RestApiId'],
);
const responseSchema = z.object({
  ResponseType: z.string(),
  StatusCode: z.string().optional(),
  ResponseParameters: texts,
  ResponseTemplates: texts,
});

function readMethod(
  { logicalId, properties }: View<z.infer<typeof methodSchema>>,
  paths: ReadonlyMap<string, string>,
  authorizers: ReadonlyMap<string, AuthorizerDefinition>,
): ApiMethod {
  const { ResourceId, HttpMethod, Integration } = properties;
  const resourcePath = paths.get(ResourceId);
  if (resourcePath === undefined)
    throw new UnusableTemplate(`Method ${logicalId} is on no resource of the API: ${ResourceId}`);
  const authorizer =
    properties.AuthorizationType === 'CUSTOM' ? authorizers.get(properties.AuthorizerId ?? '') : undefined;
  if (properties.AuthorizationType === 'CUSTOM' && !authorizer) {
    throw new UnusableTemplate(
      `Method ${logicalId} names the authorizer ${properties.AuthorizerId}, which is not there`,
    );
  }
  return {
    resourceId: ResourceId,
    resourcePath,
    httpMethod: HttpMethod,
    authorizer,
    integration: Integration.Type === 'MOCK' ? readMock(Integration, logicalId) : readLambda(Integration, logicalId),
  };
}

function readPaths(template: Template, scope: Scope, rootId: string): Map<string, string> {
  const resources = viewResources(template, scope, ['AWS::ApiGateway::Resource'], resourceSchema);
  const parents = new Map(
    resources.map(({ logicalId, properties }) => [scope.ref(logicalId) ?? logicalId, properties]),
  );
  const pathOf = (id: string): string => {
    const resource = parents.get(id);
    return resource ? `${pathOf(resource.ParentId)}/${resource.PathPart}` : '';
  };
  return new Map([[rootId, '/'], ...[...parents.keys()].map((id) => [id, pathOf(id)] as const)]);
}

function readThrottles(stage: z.infer<typeof stageSchema>): Throttle[] {
  return stage.MethodSettings.flatMap((setting) =>
    setting.ThrottlingRateLimit === undefined
      ? []
      : {
          httpMethod: setting.HttpMethod,
          // The template writes `/` within a path as `~1` (JSON Pointer), after a leading slash of its own.
          resourcePath:
            setting.ResourcePath === '/*' ? '*' : setting.ResourcePath.replaceAll('~1', '/').replace(/^\/\//, '/'),
          ratePerSecond: setting.ThrottlingRateLimit,
          burst: setting.ThrottlingBurstLimit ?? setting.ThrottlingRateLimit,
        },
  );
}

/** Reads the stack's REST API. Throws `UnusableTemplate` unless there is exactly one, with one stage. */
export function readApi(template: Template, scope: Scope): ApiDefinition {
  const apis = viewResources(template, scope, ['AWS::ApiGateway::RestApi'], restApiSchema);
  const stages = viewResources(template, scope, ['AWS::ApiGateway::Stage'], stageSchema);
  const [api] = apis;
  const [stage] = stages;
  if (!api || !stage || apis.length > 1 || stages.length > 1) {
    throw new UnusableTemplate(`Expected one REST API with one stage, found ${apis.length} and ${stages.length}`);
  }
  const authorizers = new Map(
    viewResources(template, scope, ['AWS::ApiGateway::Authorizer'], authorizerSchema).map(
      ({ logicalId, properties }) => {
        const id = scope.ref(logicalId) ?? logicalId;
        const expression = properties.IdentityValidationExpression;
        const definition: AuthorizerDefinition = {
          id,
          type: properties.Type,
          functionArn: functionOf(properties.AuthorizerUri, logicalId).functionArn,
          identitySources: properties.IdentitySource.split(',')
            .map((source) => source.trim())
            .filter(Boolean),
          validation: expression === undefined ? undefined : new RegExp(`^(?:${expression})$`),
          ttlSeconds: properties.AuthorizerResultTtlInSeconds,
        };
        return [id, definition] as const;
      },
    ),
  );
  const paths = readPaths(template, scope, rootResourceId(api.logicalId));
  const methods = viewResources(template, scope, ['AWS::ApiGateway::Method'], methodSchema);
  const responses = viewResources(template, scope, ['AWS::ApiGateway::GatewayResponse'], responseSchema);
  return {
    id: scope.ref(api.logicalId) ?? api.logicalId,
    stage: stage.properties.StageName,
    region: scope.ref('AWS::Region') ?? '',
    accountId: scope.ref('AWS::AccountId') ?? '',
    binaryMediaTypes: api.properties.BinaryMediaTypes,
    methods: methods.map((view) => readMethod(view, paths, authorizers)),
    responses: new Map(
      responses.map(({ properties }) => {
        const prefix = 'gatewayresponse.header.';
        const headers = Object.entries(properties.ResponseParameters).map(([name, value]) => [
          name.slice(prefix.length),
          value,
        ]);
        const status = properties.StatusCode === undefined ? undefined : Number(properties.StatusCode);
        return [
          properties.ResponseType,
          { status, headers: Object.fromEntries(headers), templates: properties.ResponseTemplates },
        ];
      }),
    ),
    throttles: readThrottles(stage.properties),
  };
}
