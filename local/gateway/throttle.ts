import type { ApiMethod, Throttle } from './api.ts';

/** Whether a request to a method may pass now. Token bucket per method, as API Gateway throttles. */
export function createThrottle(throttles: readonly Throttle[], clock: () => Date): (method: ApiMethod) => boolean {
  const buckets = new Map<ApiMethod, { tokens: number; at: number }>();

  function settingFor({ httpMethod, resourcePath }: ApiMethod): Throttle | undefined {
    const fits = (throttle: Throttle) =>
      (throttle.resourcePath === '*' || throttle.resourcePath === resourcePath) &&
      (throttle.httpMethod === '*' || throttle.httpMethod === httpMethod);
    return throttles.find((throttle) => throttle.resourcePath !== '*' && fits(throttle)) ?? throttles.find(fits);
  }

  return (method) => {
    const setting = settingFor(method);
    if (!setting) return true;
    const now = clock().getTime();
    const bucket = buckets.get(method) ?? { tokens: setting.burst, at: now };
    const tokens = Math.min(setting.burst, bucket.tokens + ((now - bucket.at) / 1000) * setting.ratePerSecond);
    const passes = tokens >= 1;
    buckets.set(method, { tokens: passes ? tokens - 1 : tokens, at: now });
    return passes;
  };
}
