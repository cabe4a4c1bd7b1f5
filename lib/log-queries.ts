import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';

const FIELDS = ['@timestamp', 'service', 'level', 'message', 'image_id', 'user', 'api_request_id', 'xray_trace_id'];

/** What is filled in before a query is run. */
const IMAGE = '00000000-0000-0000-0000-000000000000';
const USER = '0000000000000000';
const REQUEST = '00000000-0000-0000-0000-000000000000';

/** Queries kept in Logs Insights, over the logs of all functions at once; each finds what the word in it stands for. */
export function createLogQueries(
  scope: Construct,
  { settings, logGroups }: { settings: Deployment; logGroups: readonly ILogGroup[] },
): void {
  const define = (id: string, name: string, fields: readonly string[], filter: string, sort = '@timestamp asc') =>
    new QueryDefinition(scope, id, {
      queryDefinitionName: `shoebox-${settings.STAGE}/${name}`,
      logGroups: [...logGroups],
      queryString: new QueryString({ fields: [...fields], filterStatements: [filter], sort, limit: 1000 }),
    });
  // Some lines name several photos, and metrics none: those are told apart by the message.
  define(
    'JourneyOfPhoto',
    'Journey of a photo',
    [...FIELDS, 'route', 'status', 'state', 'ms', 'sent_by_trace_id'],
    `@message like "${IMAGE}"`,
  );
  define('OnePerson', 'What one person met', [...FIELDS, 'route', 'status', 'ms'], `user = "${USER}"`);
  define('OneRequest', 'One request', [...FIELDS, 'route', 'status', 'ms'], `@message like "${REQUEST}"`);
  define('Errors', 'Errors', [...FIELDS, 'error.name', 'error.message'], 'level = "ERROR"', '@timestamp desc');
}
