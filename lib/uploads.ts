import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';

/**
 * Lets the bucket send an event to `queue` for every object made below `prefix`. Written into the bucket itself: the CDK’s own
 * way needs one more function, which runs only on deployment.
 */
export function notify(bucket: Bucket, prefix: string, queue: Queue): void {
  const resource = bucket.node.defaultChild as CfnBucket;
  const stack = Stack.of(bucket);
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        // The bucket cannot be named here, for it is made after this policy; CloudFormation begins its name with the stack’s.
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:s3:::${stack.stackName.toLowerCase()}-*` },
      },
    }),
  );
  resource.notificationConfiguration = {
    queueConfigurations: [
      {
        event: 's3:ObjectCreated:*',
        queue: queue.queueArn,
        filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } },
      },
    ],
  };
  // S3 tries the queue before it accepts the configuration.
  const policy = queue.node.findChild('Policy');
  resource.node.addDependency(policy);
}
