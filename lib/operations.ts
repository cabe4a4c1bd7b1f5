import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import { Alarms } from './alarms.ts';
import type { Api } from './api.ts';
import { createDashboard } from './dashboard.ts';
import { createLogQueries } from './log-queries.ts';
import type { Pipeline } from './pipeline.ts';
import type { Queues } from './queues.ts';
import { GradualReleases } from './releases.ts';
import type { WebFunctions } from './web-functions.ts';

export interface OperationsProps {
  readonly settings: Deployment;
  readonly queues: Queues;
  readonly pipeline: Pipeline;
  readonly web: WebFunctions;
  readonly api: Api;
}

/** What whoever runs the stack looks at, is told, and is saved from: `docs/operations.md` says what to do about each. */
export class Operations extends Construct {
  constructor(scope: Construct, id: string, { settings, queues, pipeline, web, api }: OperationsProps) {
    super(scope, id);
    const { workers, sweep } = pipeline;
    const asked = [web.authorizer, web.api, web.media];
    const functions = [...asked, ...Object.values(workers), sweep];

    const topic = this.createTopic(settings);
    const alarms = new Alarms(this, 'Alarms', { settings, topic, queues, web, workers, sweep });
    createDashboard(this, 'Dashboard', { settings, queues, functions, asked });
    const logGroups = [...functions.map(({ logGroup }) => logGroup), api.accessLogs];
    createLogQueries(this, { settings, logGroups });
    if (settings.DEPLOY === 'gradual') {
      new GradualReleases(this, 'Releases', { aliases: Object.values(web.live), alarm: alarms.release });
    }
  }

  private createTopic(settings: Deployment): Topic {
    const topic = new Topic(this, 'Topic', { displayName: `Shoebox ${settings.STAGE}`, enforceSSL: true });
    // A policy of one’s own replaces the one by which the account’s alarms may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (settings.ALARM_EMAIL) topic.addSubscription(new EmailSubscription(settings.ALARM_EMAIL));
    return topic;
  }
}
