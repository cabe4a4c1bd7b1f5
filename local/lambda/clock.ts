/**
 * Makes this process's clock wrong: whatever asks what time it is, by `new Date()`, `Date()` or `Date.now()`, is answered
 * `milliseconds` later (earlier where negative) than it is. Timers and `performance` go on as they are.
 */
export function createClock() {
  const RealDate = Date;
  const realNow = Date.now;
  let ahead = 0;
  let skewed = false;

  function install(): void {
    skewed = true;
    const now = () => realNow() + ahead;
    const SkewedDate = new Proxy(RealDate, {
      construct: (target, values, asked) => Reflect.construct(target, values.length === 0 ? [now()] : values, asked),
      apply: (target) => new target(now()).toString(),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });
    // What compares constructors must find the one it knows.
    RealDate.prototype.constructor = SkewedDate;
    globalThis.Date = SkewedDate;
  }

  return {
    /** What time it really is. */
    now: realNow,
    skew(milliseconds: number): void {
      ahead = milliseconds;
      if (milliseconds !== 0 && !skewed) install();
    },
  };
}
