/** The functions of the stack, each named after its folder below `functions/`: what people and `--faults` call them. */
export const FUNCTION_NAMES = [
  'api',
  'authorizer',
  'describe',
  'faces',
  'ingest',
  'jobs',
  'media',
  'organize',
  'sweep',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** The queues, each named after the function that reads it. */
export const QUEUE_NAMES = [
  'ingest',
  'describe',
  'faces',
  'organize',
  'jobs',
] as const satisfies readonly FunctionName[];
export type QueueName = (typeof QUEUE_NAMES)[number];
