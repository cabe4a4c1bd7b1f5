/** What can be loaded late: every member answers a promise. */
type Asynchronous<T> = { [K in keyof T]: T[K] extends (...args: never[]) => Promise<unknown> ? T[K] : never };

/** An adapter that is loaded, with the SDK it needs, when it is first called; a load that fails is tried again by the next call. */
export function lazily<T extends object & Asynchronous<T>>(load: () => Promise<T>): T {
  let loaded: Promise<T> | undefined;
  function once(): Promise<T> {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  }
  return new Proxy({} as T, {
    get: (_, name) => {
      // Not a promise, though it answers to any name.
      if (name === 'then') return undefined;
      return async (...args: unknown[]) => {
        const adapter = (await once()) as Record<PropertyKey, (...args: unknown[]) => Promise<unknown>>;
        return adapter[name]!(...args);
      };
    },
  });
}
