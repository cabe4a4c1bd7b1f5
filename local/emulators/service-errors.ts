import { AwsError } from './errors.ts';

/** What each service behind the gate says of itself when something is wrong with it, by HTTP status. The first name of one counts. */
export const SERVICE_ERRORS = {
  s3: {
    400: ['RequestTimeout'],
    403: ['AccessDenied'],
    500: ['InternalError'],
    503: ['SlowDown', 'ServiceUnavailable'],
  },
  dynamodb: {
    400: ['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'],
    500: ['InternalServerError'],
    503: ['ServiceUnavailable'],
  },
  sqs: {
    400: ['ThrottlingException'],
    403: ['RequestThrottled'],
    500: ['InternalFailure'],
    503: ['ServiceUnavailable'],
  },
  s3vectors: {
    400: ['ValidationException'],
    403: ['AccessDeniedException'],
    429: ['TooManyRequestsException'],
    500: ['InternalServerException'],
    503: ['ServiceUnavailableException'],
  },
  kms: { 400: ['ThrottlingException'], 500: ['KMSInternalException'], 503: ['DependencyTimeoutException'] },
  secretsmanager: { 400: ['ThrottlingException'], 500: ['InternalServiceError'], 503: ['ServiceUnavailable'] },
  sts: { 400: ['Throttling'], 403: ['AccessDenied'], 500: ['InternalFailure'], 503: ['ServiceUnavailable'] },
} as const satisfies Record<string, Readonly<Record<number, readonly string[]>>>;

/** The services behind the gate, named as in their credential scopes. */
export type ServiceName = keyof typeof SERVICE_ERRORS;

/** The error a service answers by that name or HTTP status (`503`). A name that is not listed gets 400, as most of theirs do. */
export function serviceError(service: ServiceName, name: string): AwsError {
  const known = Object.entries<readonly string[]>(SERVICE_ERRORS[service]);
  const message = 'A fault was ordered for this call.';
  const listed = known.find(([status, names]) => status === name || names.includes(name));
  if (/^\d+$/.test(name)) return new AwsError(listed?.[1][0] ?? 'InternalError', message, Number(name));
  return new AwsError(name, message, Number(listed?.[0] ?? 400));
}
