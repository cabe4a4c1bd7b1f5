/**
 * The trace of the invocation that runs, as Lambda tells it anew for each and as AWS services take it on
 * (`Root=1-…;Parent=…;Sampled=1`); `undefined` outside Lambda.
 */
export const currentTrace = (): string | undefined => process.env._X_AMZN_TRACE_ID || undefined;

/** The trace's own id, `1-…-…`, of a header. */
export const traceIdOf = (header: string | undefined): string | undefined =>
  /(?:^|;)Root=([^;]+)/.exec(header ?? '')?.[1];
