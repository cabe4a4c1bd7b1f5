import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import { propertiesOf, type Template, viewResources } from './template.ts';

/** One event source mapping: a queue whose messages are handed to a function in batches. */
export interface QueueMapping {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly functionName: string;
  /** 1–10 for FIFO queues, 1–10,000 for others. */
  readonly batchSize: number;
  readonly windowSeconds: number;
  /** Most invocations at a time. */
  readonly concurrency: number;
  /** The function names the messages that failed; without it, a failed invocation fails them all. */
  readonly reportsFailures: boolean;
  readonly visibilitySeconds: number;
}

const mappingSchema = propertiesOf(
  {
    EventSourceArn: z.string(),
    FunctionName: z.string(),
    Enabled: z.boolean().default(true),
    BatchSize: z.number().int().default(10),
    MaximumBatchingWindowInSeconds: z.number().default(0),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    ScalingConfig: z.object({ MaximumConcurrency: z.number().int().optional() }).default({}),
  },
  ['Tags'],
);
const queueSchema = z.object({ VisibilityTimeout: z.number().default(30) });

/** The enabled mappings of the stack; none runs more than `mostConcurrency` invocations at a time on this machine. */
export function readMappings(template: Template, scope: Scope, mostConcurrency: number): QueueMapping[] {
  const queues = new Map(
    viewResources(template, scope, ['AWS::SQS::Queue'], queueSchema).map(({ logicalId, properties }) => [
      scope.attribute(logicalId, 'Arn') ?? '',
      { url: scope.ref(logicalId) ?? '', visibilitySeconds: properties.VisibilityTimeout },
    ]),
  );
  return viewResources(template, scope, ['AWS::Lambda::EventSourceMapping'], mappingSchema)
    .filter(({ properties }) => properties.Enabled)
    .map(({ logicalId, properties }) => {
      const queue = queues.get(properties.EventSourceArn);
      if (!queue)
        throw new Error(`Mapping ${logicalId}: expected a queue of the stack, received ${properties.EventSourceArn}`);
      return {
        queueUrl: queue.url,
        queueArn: properties.EventSourceArn,
        functionName: properties.FunctionName.split(':function:').at(-1) ?? '',
        batchSize: properties.BatchSize,
        windowSeconds: properties.MaximumBatchingWindowInSeconds,
        concurrency: Math.min(properties.ScalingConfig.MaximumConcurrency ?? mostConcurrency, mostConcurrency),
        reportsFailures: properties.FunctionResponseTypes.length > 0,
        visibilitySeconds: queue.visibilitySeconds,
      };
    });
}
