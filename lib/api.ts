import { Duration } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  type Method,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  type MethodOptions,
  ResponseTransferMode,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import { type Access, endpoints, type Pace } from '../shared/contract/routes.ts';
import { errorHeaders, preflight } from './cors.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { acknowledge } from './nag.ts';
import { createLogGroup } from './observability.ts';
import { API_TIMEOUT, MEDIA_TIMEOUT, type WebFunctions } from './web-functions.ts';

/** The gateway’s own stage: the first part of every path. */
export const API_STAGE = 'api';
const VERSION = 'v1';

/** Requests per second of all users together, and how many may come at once: far above a family, far below a bill. */
const THROTTLING = { rate: 100, burst: 200 };

/** The same of each method that guesses at secrets, fills the storage, or starts long work. */
const PACES: Readonly<Record<Pace, { rate: number; burst: number }>> = {
  'sign-in': { rate: 10, burst: 20 },
  password: { rate: 5, burst: 10 },
  upload: { rate: 50, burst: 100 },
  work: { rate: 10, burst: 40 },
};

/**
 * Execution logs of errors only, never of what was sent. What a method says of itself replaces all of it. Metrics of each method would be
 * paid for one by one; those of the whole API come without.
 */
const EVERY_METHOD = {
  metricsEnabled: false,
  loggingLevel: MethodLoggingLevel.ERROR,
  dataTraceEnabled: false,
  throttlingRateLimit: THROTTLING.rate,
  throttlingBurstLimit: THROTTLING.burst,
} satisfies MethodDeploymentOptions;

/** As CloudWatch knows it. */
export const apiName = (settings: Pick<Deployment, 'STAGE'>): string => `shoebox-${settings.STAGE}`;

export interface ApiProps {
  readonly settings: Deployment;
  readonly functions: WebFunctions;
}

/** The REST API: one method per endpoint of the contract, below `/api/v1`. */
export class Api extends Construct {
  readonly url: string;
  readonly accessLogs: ILogGroup;

  constructor(scope: Construct, id: string, { settings, functions }: ApiProps) {
    super(scope, id);
    this.accessLogs = createLogGroup(this, 'AccessLogs');
    const api = this.createRestApi(settings);
    const root = api.root.addResource(VERSION, {
      ...withPreflight(settings.CORS_ORIGINS),
    });
    const authorizer = new TokenAuthorizer(this, 'Authorizer', {
      handler: functions.live.authorizer,
      resultsCacheTtl: Duration.minutes(5),
    });

    const buffered = integration(functions.live.api, API_TIMEOUT, ResponseTransferMode.BUFFERED);
    const streamed = integration(functions.live.media, MEDIA_TIMEOUT, ResponseTransferMode.STREAM);
    const open: MethodOptions = { authorizationType: AuthorizationType.NONE };
    const ways: Record<Access, { integration: LambdaIntegration; options: MethodOptions }> = {
      user: { integration: buffered, options: { authorizationType: AuthorizationType.CUSTOM, authorizer } },
      public: { integration: buffered, options: open },
      media: { integration: streamed, options: open },
      link: { integration: buffered, options: open },
      'link-media': { integration: streamed, options: open },
    };
    for (const { method, path, access } of endpoints) {
      const way = ways[access];
      const resource = root.resourceForPath(path.slice(1));
      // Players and download managers ask for the size first.
      const methods = way.integration === streamed ? [method, 'HEAD'] : [method];
      for (const each of methods) explain(resource.addMethod(each, way.integration, way.options), access);
    }
    addGatewayResponses(api, errorHeaders(settings.CORS_ORIGINS));
    this.url = api.urlForPath(`/${VERSION}`);
  }

  private createRestApi(settings: Deployment): RestApi {
    const api = new RestApi(this, 'Rest', {
      restApiName: apiName(settings),
      description: 'Shoebox',
      endpointTypes: [EndpointType.REGIONAL],
      // Multipart uploads reach the function as the bytes they are.
      binaryMediaTypes: ['multipart/form-data'],
      cloudWatchRole: true,
      deployOptions: {
        stageName: API_STAGE,
        tracingEnabled: true,
        ...EVERY_METHOD,
        methodOptions: pacedMethods(),
        accessLogDestination: new LogGroupLogDestination(this.accessLogs),
        accessLogFormat: ACCESS_LOG,
      },
    });
    // Its place is taken by the stack’s own output, which names the version too.
    api.node.tryRemoveChild('Endpoint');
    // The gateway would make this group itself, and keep it for ever.
    const executionLogs = createLogGroup(this, 'ExecutionLogs', {
      logGroupName: `API-Gateway-Execution-Logs_${api.restApiId}/${API_STAGE}`,
    });
    api.deploymentStage.node.addDependency(executionLogs);

    acknowledge(
      api,
      'APIG2',
      'The functions validate against the contract and answer problem+json that names the field.',
    );
    acknowledge(
      api,
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      'The policy AWS prescribes for the account-wide role by which the gateway writes logs.',
    );
    acknowledge(
      api.deploymentStage,
      'APIG3',
      'A web ACL costs several dollars a month while idle. Throttling is on; docs/operations.md says how to add one.',
    );
    return api;
  }
}

function pacedMethods(): Record<string, MethodDeploymentOptions> {
  return Object.fromEntries(
    endpoints.flatMap(({ method, path, pace }) => {
      if (!pace) return [];
      const { rate, burst } = PACES[pace];
      const own = { ...EVERY_METHOD, throttlingRateLimit: rate, throttlingBurstLimit: burst };
      return [[`/${VERSION}${path}/${method}`, own]];
    }),
  );
}

/** Enough to follow a request; neither addresses nor query strings, which may hold signatures. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    request_id: '$context.requestId',
    time: '$context.requestTime',
    method: '$context.httpMethod',
    route: '$context.resourcePath',
    status: '$context.status',
    bytes: '$context.responseLength',
    ms: '$context.responseLatency',
    function_ms: '$context.integrationLatency',
    authorizer_ms: '$context.authorizer.latency',
    error: '$context.error.responseType',
  }),
);

function withPreflight(origins: readonly string[]) {
  const defaultCorsPreflightOptions = preflight(origins);
  return defaultCorsPreflightOptions ? { defaultCorsPreflightOptions } : {};
}

/** One permission for the whole API: one per method would overflow the function’s policy of 20 KB. */
function integration(
  target: IFunction,
  timeout: Duration,
  responseTransferMode: ResponseTransferMode,
): LambdaIntegration {
  return new LambdaIntegration(target, { timeout, responseTransferMode, scopePermissionToMethod: false });
}

const WHY_OPEN: Record<Exclude<Access, 'user'>, string> = {
  public: 'Signing in, health and the documentation must be reachable without a token.',
  link: 'Whoever has the token of a link may read what it opens; the function looks the link up itself.',
  'link-media': 'As for links; and so that URLs work in an <img>.',
  media: 'The media function verifies the token or the URL’s signature itself, so that URLs work in an <img>.',
};

function explain(method: Method, access: Access): void {
  acknowledge(method, 'COG4', 'Users sign in with Firebase, not with Cognito.');
  if (access !== 'user') acknowledge(method, 'APIG4', WHY_OPEN[access]);
}
