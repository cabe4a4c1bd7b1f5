import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import { Api } from './api.ts';
import { createBundles } from './bundle.ts';
import { createEnvironment } from './environment.ts';
import { createGrants } from './grants.ts';
import { Operations } from './operations.ts';
import { createPackageLayer } from './package-layer.ts';
import { Pipeline } from './pipeline.ts';
import { createQueues } from './queues.ts';
import { Storage } from './storage.ts';
import { notify } from './uploads.ts';
import { WebFunctions } from './web-functions.ts';

/** The folders below `functions/`. */
export const FUNCTIONS = [
  'authorizer',
  'api',
  'media',
  'ingest',
  'describe',
  'faces',
  'organize',
  'jobs',
  'sweep',
] as const;

/** Shoebox, whole, in one account and region. */
export class ShoeboxStack extends Stack {
  constructor(scope: Construct, id: string, settings: Deployment, props: StackProps = {}) {
    super(scope, id, { description: 'Shoebox: a private photo cloud', ...props });
    const storage = new Storage(this, 'Storage', settings);
    const queues = createQueues(this, settings);
    notify(storage.bucket, 'incoming/', queues.ingest.queue);

    const bundles = createBundles(this, FUNCTIONS);
    const environment = createEnvironment(settings, storage, queues);
    const grants = createGrants(storage, queues);
    const packageLayer = createPackageLayer(this, 'Packages');
    const pipeline = new Pipeline(this, 'Pipeline', { settings, bundles, environment, grants, queues, packageLayer });
    const functions = new WebFunctions(this, 'Web', { settings, bundles, environment, grants });
    const api = new Api(this, 'Gateway', { settings, functions });
    new Operations(this, 'Operations', { settings, queues, pipeline, web: functions, api });

    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'Where the API is' });
    new CfnOutput(this, 'BucketName', { value: storage.bucket.bucketName, description: 'The bucket of photos' });
    new CfnOutput(this, 'TableName', { value: storage.table.tableName, description: 'The table of records' });
    new CfnOutput(this, 'SecretArn', { value: storage.secret.secretArn, description: 'Filled by npm run deploy' });
  }
}
