/** Thrown where a test lets a function die. */
export class Killed extends Error {
  override name = 'Killed';
}

interface Client {
  middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
      options: { step: 'initialize'; name: string; override: boolean },
    ): void;
  };
}

/**
 * Lets whatever uses these AWS clients die before their n-th request (counted from 0, over all of them together): as a killed
 * function does, with everything before it done and nothing after. `arm(null)` makes them immortal again.
 */
export function mortal(clients: readonly Client[]) {
  let left: number | null = null;
  for (const client of clients) {
    client.middlewareStack.add(
      (next) => async (args) => {
        if (left !== null) {
          if (left <= 0) throw new Killed('killed by the test');
          left -= 1;
        }
        return next(args);
      },
      { step: 'initialize', name: 'mortal', override: true },
    );
  }
  return {
    arm(requests: number | null): void {
      left = requests;
    },
  };
}
