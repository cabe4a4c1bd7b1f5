/** What the host and a function's process say to each other over the process's IPC channel. */

/** Why an invocation failed, as Lambda reports it to whoever invoked. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export interface Invocation {
  readonly requestId: string;
  /** The event as JSON text. */
  readonly event: string;
  /** Milliseconds since the epoch at which the host will end the process. */
  readonly deadline: number;
  /** A planned crash: the process kills itself once this many of its HTTP requests were answered; 0 means at once. */
  readonly dieAfterRequests?: number;
  /** How many milliseconds the function's clock is ahead; behind where negative. */
  readonly skewMs?: number;
}

/** What an invocation used. */
export interface Usage {
  /** HTTP requests that were answered. */
  readonly requests: number;
  readonly maxMemoryMb: number;
}

export type ToFunction = { readonly type: 'invoke' } & Invocation;

export type FromFunction =
  | { readonly type: 'ready' }
  | { readonly type: 'init-failed'; readonly error: FunctionError }
  | ({ readonly type: 'succeeded'; readonly payload: string; readonly streamed: boolean } & Usage)
  | ({ readonly type: 'failed'; readonly error: FunctionError; readonly streamed: boolean } & Usage)
  | { readonly type: 'out-of-memory'; readonly usedMb: number };

/** File descriptor in the function's process of the pipe that carries streamed bytes to the host. */
export const STREAM_FD = 4;
