import * as z from 'zod';
import { parseSchedule, type Schedule } from './cron.ts';
import type { Scope } from './intrinsics.ts';
import type { InvocationResult } from './lambda-host.ts';
import type { Permissions } from './permissions.ts';
import { type Template, UnusableTemplate, viewResources } from './template.ts';

/** One function and when it is invoked. */
export interface ScheduledFunction {
  readonly id: string;
  readonly functionArn: string;
  readonly schedule: Schedule;
  /** The event it gets at a time. */
  readonly event: (at: Date, newId: () => string) => unknown;
}

const targetSchema = z.object({ Arn: z.string(), Input: z.string().optional() });
const ruleSchema = z.object({
  ScheduleExpression: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(targetSchema).default([]),
});
const schedulerSchema = z.object({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.literal('UTC').default('UTC'),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: targetSchema,
});

/** The event of a scheduled rule (EventBridge user guide), unless its target names an input of its own. */
function createEvent(input: string | undefined, source: string, arn: string, scope: Scope): ScheduledFunction['event'] {
  if (input !== undefined) return () => JSON.parse(input);
  return (at, newId) => ({
    version: '0',
    id: newId(),
    'detail-type': 'Scheduled Event',
    source,
    account: scope.ref('AWS::AccountId'),
    time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
    region: scope.ref('AWS::Region'),
    resources: [arn],
    detail: {},
  });
}

/** The enabled schedules of the stack. Throws `UnusableTemplate` for a rule that may not invoke its function. */
export function readSchedules(template: Template, scope: Scope, permissions: Permissions): ScheduledFunction[] {
  const rules = viewResources(template, scope, ['AWS::Events::Rule'], ruleSchema)
    .filter(({ properties }) => properties.State === 'ENABLED')
    .flatMap(({ logicalId, properties }) =>
      properties.Targets.map((target) => {
        const arn = scope.attribute(logicalId, 'Arn') ?? '';
        if (!permissions.mayInvoke(target.Arn, 'events.amazonaws.com', arn)) {
          throw new UnusableTemplate(`No permission lets the rule ${logicalId} invoke ${target.Arn}`);
        }
        return {
          id: logicalId,
          functionArn: target.Arn,
          schedule: parseSchedule(properties.ScheduleExpression),
          event: createEvent(target.Input, 'aws.events', arn, scope),
        };
      }),
    );
  // EventBridge Scheduler invokes with a role of its own; IAM is not evaluated here.
  const schedules = viewResources(template, scope, ['AWS::Scheduler::Schedule'], schedulerSchema)
    .filter(({ properties }) => properties.State === 'ENABLED')
    .map(({ logicalId, properties }) => ({
      id: logicalId,
      functionArn: properties.Target.Arn,
      schedule: parseSchedule(properties.ScheduleExpression),
      event: createEvent(properties.Target.Input, 'aws.scheduler', scope.attribute(logicalId, 'Arn') ?? '', scope),
    }));
  return [...rules, ...schedules];
}

export interface SchedulerOptions {
  readonly scheduled: readonly ScheduledFunction[];
  readonly invoke: (functionArn: string, event: unknown) => Promise<InvocationResult>;
  /** Scheduled time runs this many times as fast as the clock. */
  readonly timeScale: number;
  readonly onError: (error: unknown) => void;
  readonly clock?: () => Date;
  readonly newId: () => string;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Invokes functions on their schedules, one run of each at a time: a run that is still going swallows those due meanwhile. */
export function startSchedules(options: SchedulerOptions): { stop(): void } {
  const { scheduled, invoke, timeScale, onError, clock = () => new Date(), newId } = options;
  const began = clock().getTime();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  const scaledNow = () => new Date(began + (clock().getTime() - began) * timeScale);

  function wait(entry: ScheduledFunction, due: Date): void {
    if (stopped) return;
    const milliseconds = Math.max(0, (due.getTime() - scaledNow().getTime()) / timeScale);
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (milliseconds > LONGEST_TIMER_MS) wait(entry, due);
        else void run(entry, due);
      },
      Math.min(milliseconds, LONGEST_TIMER_MS),
    );
    timers.add(timer);
  }

  async function run(entry: ScheduledFunction, due: Date): Promise<void> {
    try {
      const result = await invoke(entry.functionArn, entry.event(due, newId));
      if (!result.ok && !stopped) onError(new Error(`${entry.id}: ${result.error.errorMessage}`));
    } catch (error) {
      onError(error);
    }
    const now = scaledNow();
    let next = entry.schedule(due);
    while (next < now) next = entry.schedule(next);
    wait(entry, next);
  }

  for (const entry of scheduled) wait(entry, entry.schedule(new Date(began)));
  return {
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
