import { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName } from '../shared/contract/functions.ts';
import type { Bundles } from './bundle.ts';
import { acknowledge } from './nag.ts';
import { createLogGroup } from './observability.ts';
import { allow } from './permissions.ts';

/** What every function of this stack has unless it says otherwise. */
const DEFAULTS = {
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  handler: 'handler.handler',
  memorySize: 1024,
  timeout: Duration.seconds(30),
  tracing: Tracing.ACTIVE,
  loggingFormat: LoggingFormat.JSON,
} as const satisfies Partial<FunctionProps>;

/** Values of the function's own; where it names one of the defaults, its value wins. */
export interface NodeFunctionProps extends Partial<Omit<FunctionProps, 'code' | 'role' | 'logGroup' | 'environment'>> {
  /** The folder below `functions/`. */
  readonly source: FunctionName;
  readonly bundles: Bundles;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * One function with its own role, which may write its own log and nothing else until `allow` says so, and its own log group.
 */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { source, bundles, environment, ...own }: NodeFunctionProps) {
    super(scope, id);
    const logGroup = createLogGroup(this, 'Logs');
    this.logGroup = logGroup;
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    // What CloudFormation calls the group's ARN ends in `:*` and so means its streams.
    allow(this.role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.function = new LambdaFunction(this, 'Function', {
      ...DEFAULTS,
      // Lambda’s own level, INFO, would win over DEBUG. A higher one would drop metrics, which are lines without a level.
      applicationLogLevelV2: environment.LOG_LEVEL === 'DEBUG' ? ApplicationLogLevel.DEBUG : ApplicationLogLevel.INFO,
      ...own,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: source,
        ...environment,
      },
      code: bundles.codeFor(source),
      role: this.role,
      logGroup,
    });
    acknowledge(this.role, 'IAM5[Resource::*]', 'X-Ray’s actions to write traces cannot be limited to a resource.');
  }
}
