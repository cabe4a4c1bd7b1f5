import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { NodeFunction } from './functions.ts';
import { acknowledge } from './nag.ts';

/** What requests go to: the version that was released last. Versions before it go once they have been replaced. */
export function createAlias({ function: fn }: NodeFunction): Alias {
  return new Alias(fn, 'Live', { aliasName: 'live', version: fn.currentVersion });
}

/**
 * Releases new versions to a tenth more of the requests every minute, and takes all of them back where `alarm` goes off before they
 * have all. A tenth for five minutes would miss a release that always fails where there is a request a minute: six times of ten none reaches it. CloudFormation waits for it, and rolls the rest of the deployment back with it.
 */
export class GradualReleases extends Construct {
  constructor(scope: Construct, id: string, { aliases, alarm }: { aliases: readonly Alias[]; alarm: Alarm }) {
    super(scope, id);
    const application = new LambdaApplication(this, 'Application');
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
    for (const alias of aliases) {
      new LambdaDeploymentGroup(this, `Of${alias.node.scope?.node.scope?.node.id}`, {
        application,
        role,
        alias,
        alarms: [alarm],
        deploymentConfig: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
      });
    }
    acknowledge(
      role,
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      'The policy AWS prescribes for shifting an alias; the limited one, which invokes no hooks.',
    );
  }
}
