/**
 * An error as AWS services answer it: a code the SDKs know by name, an HTTP status and a message. Each service renders
 * it in its own wire format. `details` are extra elements (S3: `<ProposedSize>`) or members (JSON: `fieldList`).
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, status = 400, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** Any thrown value as an AwsError: what is not one already is a defect of ours, answered as a 500 (SDKs retry it). */
export function asAwsError(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const reason = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new AwsError('InternalError', `The emulator failed: ${reason}`, 500);
}
