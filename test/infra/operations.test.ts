import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALARM_METRICS } from '../../bench/cost/bill.ts';
import { PRICES } from '../../bench/cost/prices.ts';
import { MOST_METRICS } from '../../lib/dashboard.ts';
import { METRICS } from '../../shared/contract/metrics.ts';
import { functionIn, functionName, type Json, type Resource, referenced, synthesize } from './template.ts';

const template = synthesize();
const otherwise = synthesize({
  ALARM_EMAIL: 'ops@example.org',
  ALARM_AI_USD_PER_DAY: '2.5',
  DEPLOY: 'at-once',
  LOG_LEVEL: 'ERROR',
});
const alarms = template.ofType('AWS::CloudWatch::Alarm');
const topic = template.ofType('AWS::SNS::Topic')[0] as Resource;
const named = (name: string) =>
  alarms.find(({ Properties }) => String(Properties.AlarmName) === `shoebox-dev-${name}`) as Resource;
const runbooks = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** Every metric an alarm watches, in one text each: namespace, name, dimensions and statistic. */
const metricsOf = ({ Properties }: Resource): string[] => {
  const one = ({ Namespace, MetricName, Dimensions }: Record<string, Json>) =>
    JSON.stringify([Namespace, MetricName, Dimensions]);
  if (!Properties.Metrics) return [one(Properties)];
  return Properties.Metrics.flatMap((entry) => (entry.MetricStat?.Metric ? [one(entry.MetricStat.Metric)] : []));
};

/** Every metric a dashboard draws: namespace, name and dimensions in one text each. */
function drawnBy({ Properties }: Resource): string[] {
  const parts = (Properties.DashboardBody?.['Fn::Join']?.[1] ?? []) as readonly Json[];
  const body = JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : String(referenced(part) ?? ''))).join(''),
  );
  const lines = body.widgets.flatMap((widget: { properties: { metrics: unknown[][] } }) => widget.properties.metrics);
  return lines.map((line: unknown[]) => JSON.stringify(line.filter((part) => typeof part === 'string')));
}

describe.each(alarms.map((alarm): [string, Resource] => [String(alarm.Properties.AlarmName), alarm]))(
  'alarm %s',
  (_, { Properties }) => {
    test('tells the topic when it goes off and when it is over', () => {
      for (const actions of [Properties.AlarmActions, Properties.OKActions])
        expect(actions?.map(referenced)).toEqual([topic.id]);
    });

    test('names a runbook there is', () => {
      const [, runbook] = /“(Alarm: [^”]+)”\.$/.exec(String(Properties.AlarmDescription)) ?? [];
      expect(runbooks).toContain(`### ${runbook}\n`);
    });
  },
);

test('every runbook is of an alarm, and says what it means, where to look, what to do and when it is over', () => {
  const sections = runbooks.split(/^#{2,3} /m).filter((section) => section.startsWith('Alarm: '));
  expect(sections.length).toBeGreaterThan(8);
  for (const section of sections) {
    const [heading] = section.split('\n');
    expect(alarms.map(({ Properties }) => String(Properties.AlarmDescription)).join()).toContain(`“${heading}”`);
    for (const part of ['**Means.**', '**Look at.**', '**Do.**', '**Over.**']) expect(section, heading).toContain(part);
  }
});

test('every work queue has an alarm for its oldest message, and each dead-letter queue one for its messages', () => {
  const queues = template.ofType('AWS::SQS::Queue');
  const dead = new Set(queues.map(({ Properties }) => referenced(Properties.RedrivePolicy?.deadLetterTargetArn)));
  for (const { id } of queues) {
    const metric = dead.has(id) ? 'ApproximateNumberOfMessagesVisible' : 'ApproximateAgeOfOldestMessage';
    const watching = alarms.filter((alarm) =>
      metricsOf(alarm).some((text) => text.includes(`"${metric}"`) && text.includes(`"${id}"`)),
    );
    expect(watching, id).toHaveLength(1);
  }
});

test('every function’s crashes are watched', () => {
  const watched = metricsOf(named('function-errors')).join();
  for (const { id } of template.ofType('AWS::Lambda::Function')) expect(watched).toContain(`"${id}"`);
});

test('an idle stack is well: nothing reported is no fault, but of what runs every five minutes', () => {
  const missing = alarms.map(({ Properties }) => [String(Properties.AlarmName), String(Properties.TreatMissingData)]);
  const absent = missing.filter(([, treated]) => treated !== 'notBreaching');
  expect(absent).toEqual([['shoebox-dev-sweep-absent', 'breaching']]);
  const [sweep] = metricsOf(named('sweep-absent'));
  const [rule] = template.ofType('AWS::Events::Rule');
  expect(sweep).toContain(String(referenced(rule?.Properties.Targets?.[0]?.Arn)));
  // So that one late run is no alarm.
  const { EvaluationPeriods, Period } = named('sweep-absent').Properties;
  expect(Number(EvaluationPeriods) * Number(Period)).toBeGreaterThan(3 * 300);
});

test('a function near its timeout is measured against its own', () => {
  const { Metrics = [] } = named('near-timeout').Properties;
  const expression = String(Metrics[0]?.Expression);
  for (const { Id, MetricStat } of Metrics.slice(1) as unknown as Record<string, Json>[]) {
    const fn = functionIn(template, MetricStat?.Metric) as Resource;
    expect(expression, functionName(fn)).toContain(`${Id} / ${Number(fn.Properties.Timeout) * 10}`);
  }
});

test('what is watched all month is what docs/cost.md counts, less than four dollars, and the dashboard nothing', () => {
  const watched = alarms.flatMap(metricsOf).length;
  expect(watched).toBe(ALARM_METRICS);
  expect(watched * PRICES.alarm.usd).toBeLessThan(4);
  const [dashboard, ...others] = template.ofType('AWS::CloudWatch::Dashboard');
  expect(others).toEqual([]);
  const drawn = drawnBy(dashboard as Resource);
  const distinct = new Set(drawn);
  expect(distinct.size).toBeGreaterThan(30);
  expect(distinct.size).toBeLessThanOrEqual(MOST_METRICS);
  for (const name of Object.keys(METRICS))
    expect(
      drawn.some((text) => text.startsWith(`["Shoebox","${name}"`)),
      name,
    ).toBe(true);
});

test('metrics come through where only errors are logged: they are lines without a level', () => {
  const [fn] = otherwise.ofType('AWS::Lambda::Function');
  expect(fn?.Properties.Environment?.Variables?.LOG_LEVEL).toBe('ERROR');
  expect(fn?.Properties.LoggingConfig?.ApplicationLogLevel).toBe('INFO');
});

test('no metric of ours is told apart by anything but the deployment and the stage', () => {
  const body = template.text;
  const dimensions = [...body.matchAll(/"Namespace":"Shoebox".*?"Dimensions":\[(.*?)\]/g)].map(([, found]) => found);
  for (const found of dimensions) expect(found).toMatch(/^\{"Name":"deployment","Value":"dev"\}$/);
});

describe('who is told', () => {
  test('nobody, where no address is set, and that one where it is', () => {
    expect(template.ofType('AWS::SNS::Subscription')).toEqual([]);
    const [subscription, ...others] = otherwise.ofType('AWS::SNS::Subscription');
    expect(others).toEqual([]);
    expect(subscription?.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.org' });
  });

  test('alarms of this account alone may say something', () => {
    const statements = template
      .ofType('AWS::SNS::TopicPolicy')
      .flatMap(({ Properties }) => (Properties.PolicyDocument?.Statement ?? []) as readonly Json[]);
    const allowed = statements.filter(({ Effect }) => String(Effect) === 'Allow');
    expect(allowed).toEqual([
      expect.objectContaining({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });

  test('the spend that is too much is what the settings say', () => {
    const spend = otherwise.ofType('AWS::CloudWatch::Alarm');
    expect(spend.find(({ id }) => id.includes('aispend'))?.Properties.Threshold).toBe(2.5);
  });
});

describe('releases', () => {
  const aliases = template.ofType('AWS::Lambda::Alias');

  test('the gateway calls aliases, never what is not released', () => {
    const uris = [
      ...template.ofType('AWS::ApiGateway::Method').map(({ Properties }) => Properties.Integration?.Uri),
      ...template.ofType('AWS::ApiGateway::Authorizer').map(({ Properties }) => Properties.AuthorizerUri),
    ].map((uri) => JSON.stringify(uri));
    for (const uri of uris) expect(aliases.filter(({ id }) => uri.includes(`"${id}"`))).toHaveLength(1);
    const called = aliases.filter(({ id }) => uris.some((uri) => uri.includes(`"${id}"`)));
    expect(
      called.map((alias) => functionName(functionIn(template, alias.Properties.FunctionName) as Resource)).sort(),
    ).toEqual(['api', 'authorizer', 'media']);
  });

  test('are shifted gradually, and taken back by an alarm that sees their crashes and the API’s faults', () => {
    const watched = metricsOf(named('release')).join();
    expect(watched).toContain('"5XXError"');
    for (const alias of aliases) {
      const policy = (alias as unknown as { UpdatePolicy: Json }).UpdatePolicy.CodeDeployLambdaAliasUpdate;
      const group = template.byId(String(referenced(policy?.DeploymentGroupName)));
      expect(group.Properties).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
      });
      const { Alarms, Enabled } = group.Properties.AlarmConfiguration as Json & Record<string, Json>;
      expect(Enabled).toBe(true);
      expect(Alarms?.map(({ Name }) => referenced(Name))).toEqual([named('release').id]);
      expect(watched).toContain(`{"Ref":"${referenced(alias.Properties.FunctionName)}"},":live"`);
    }
  });

  test('DEPLOY=at-once releases to everybody', () => {
    expect(otherwise.resources.filter(({ Type }) => Type.startsWith('AWS::CodeDeploy'))).toEqual([]);
    expect(otherwise.text).not.toContain('CodeDeployLambdaAliasUpdate');
    expect(otherwise.ofType('AWS::Lambda::Alias')).toHaveLength(3);
  });
});

test('one query follows a photo through the logs of all functions and of the gateway', () => {
  const query = template
    .ofType('AWS::Logs::QueryDefinition')
    .find(({ Properties }) => String(Properties.Name) === 'shoebox-dev/Journey of a photo');
  const groups = query?.Properties.LogGroupNames?.map(referenced);
  for (const { Properties } of template.ofType('AWS::Lambda::Function'))
    expect(groups).toContain(referenced(Properties.LoggingConfig?.LogGroup));
  expect(groups).toHaveLength(template.ofType('AWS::Lambda::Function').length + 1);
  for (const field of ['image_id', 'user', 'api_request_id', 'xray_trace_id', 'sent_by_trace_id'])
    expect(String(query?.Properties.QueryString)).toContain(field);
});
