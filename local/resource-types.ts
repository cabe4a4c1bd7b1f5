/**
 * What the local stack does with each type of resource. A type in neither table stops it: whoever adds a resource to the stack
 * decides here whether it is run or why it is not, so that the deployed stack and the local one cannot drift apart unnoticed.
 */

/** Types the local stack runs, and the file that does it. */
export const RUN_LOCALLY: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Authorizer': 'gateway/authorizer.ts',
  'AWS::ApiGateway::GatewayResponse': 'gateway/responses.ts',
  'AWS::ApiGateway::Method': 'gateway.ts',
  'AWS::ApiGateway::Resource': 'gateway/routes.ts',
  'AWS::ApiGateway::RestApi': 'gateway.ts',
  'AWS::ApiGateway::Stage': 'gateway.ts',
  'AWS::DynamoDB::GlobalTable': 'resources.ts',
  'AWS::DynamoDB::Table': 'resources.ts',
  'AWS::Events::Rule': 'schedules.ts',
  'AWS::KMS::Key': 'keys.ts',
  'AWS::Lambda::Alias': 'functions.ts',
  'AWS::Lambda::EventSourceMapping': 'queues.ts',
  'AWS::Lambda::Function': 'lambda-host.ts',
  'AWS::Lambda::LayerVersion': 'lambda-host.ts',
  'AWS::Lambda::Permission': 'permissions.ts',
  'AWS::S3::Bucket': 'resources.ts, notifications.ts',
  'AWS::S3Vectors::VectorBucket': 'resources.ts',
  'AWS::SQS::Queue': 'resources.ts',
  'AWS::SQS::QueuePolicy': 'permissions.ts',
  'AWS::Scheduler::Schedule': 'schedules.ts',
  'AWS::SecretsManager::Secret': 'resources.ts',
  'Custom::S3BucketNotifications': 'notifications.ts',
};

/** Types the local stack leaves out, and why that changes nothing a function or a client could see. */
export const NOT_RUN_LOCALLY: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Account': 'names the role that writes gateway logs; the local gateway writes its own file',
  'AWS::ApiGateway::Deployment': 'a snapshot of the API; the local gateway always serves the current one',
  'AWS::CDK::Metadata': 'usage statistics of the CDK',
  'AWS::CloudWatch::Alarm': 'nobody is told when something is wrong; metrics.ts collects what would be watched',
  'AWS::CloudWatch::Dashboard': 'npm run demo -- --metrics prints what it would show',
  'AWS::CodeDeploy::Application': 'new code runs from the next start on; there is no version to shift from',
  'AWS::CodeDeploy::DeploymentGroup': 'new code runs from the next start on; there is no version to shift from',
  'AWS::IAM::ManagedPolicy': 'IAM is not evaluated; permissions to invoke are',
  'AWS::IAM::Policy': 'IAM is not evaluated; permissions to invoke are',
  'AWS::IAM::Role': 'IAM is not evaluated; a role is only a name that STS accepts',
  'AWS::Lambda::Version': 'an alias stands for the one version there is: the current code',
  'AWS::Logs::LogGroup': 'each function logs into a file of its own',
  'AWS::Logs::MetricFilter': 'there are no CloudWatch metrics',
  'AWS::Logs::QueryDefinition': 'logs are files; a line is found with grep',
  'AWS::S3::BucketPolicy': 'IAM is not evaluated; the S3 gate checks signatures',
  'AWS::S3Vectors::VectorBucketPolicy': 'IAM is not evaluated',
  'AWS::SNS::Subscription': 'alarms are not raised locally, so nobody is told',
  'AWS::SNS::Topic': 'alarms are not raised locally, so nobody is told',
  'AWS::SNS::TopicPolicy': 'IAM is not evaluated',
  'AWS::WAFv2::WebACL': 'protects against the internet; the local gateway listens on 127.0.0.1 only',
  'AWS::WAFv2::WebACLAssociation': 'protects against the internet; the local gateway listens on 127.0.0.1 only',
  'Custom::LogRetention': 'each function logs into a file of its own',
  'Custom::S3AutoDeleteObjects': 'acts when the stack is deleted; locally one deletes the data folder',
};

/** The stack holds resources nobody decided about; the message names each type and where to decide. */
export class UnknownResourceTypes extends Error {
  override name = 'UnknownResourceTypes';
}

/** Throws `UnknownResourceTypes` unless every resource's type is in one of the two tables. */
export function checkResourceTypes(resources: ReadonlyMap<string, { Type: string }>): void {
  const unknown = [...resources].filter(([, { Type }]) => !(Type in RUN_LOCALLY) && !(Type in NOT_RUN_LOCALLY));
  if (unknown.length === 0) return;
  const lines = unknown.map(([logicalId, { Type }]) => `  ${Type} (${logicalId})`);
  throw new UnknownResourceTypes(
    `The stack holds resources the local stack does not know:\n${lines.join('\n')}\n` +
      'Run the type locally, or list it with the reason why not, in local/resource-types.ts.',
  );
}
