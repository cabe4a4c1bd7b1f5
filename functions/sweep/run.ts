import type { Clock } from '../../shared/adapters/ids.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { each } from './each.ts';

/** Does what it gets to before `until`. */
export type Sweep = (until: Date) => Promise<object>;

export interface RunDeps {
  deadLetters: Sweep;
  stuck: Sweep;
  waiting: Sweep;
  clock: Clock;
  logger: Pick<Logger, 'info'>;
}

/** Of the time a run has: from then on a part begins nothing more. What is left at the end is for what has been begun. */
const SHARES = { deadLetters: 1 / 4, stuck: 3 / 4, waiting: 7 / 8 } as const;

/** One run of sweep, of `remainingMs`: each part runs whatever has become of those before it. Throws, at the end, what went wrong. */
export function createRun({ clock, logger, ...parts }: RunDeps) {
  return async function run(remainingMs: number): Promise<void> {
    const begun = clock().getTime();
    const swept: Record<string, object> = {};
    try {
      // What has been given up is ended before it could be taken for stuck and sent again.
      await each(['deadLetters', 'stuck', 'waiting'] as const, async (name) => {
        swept[name] = await parts[name](new Date(begun + SHARES[name] * remainingMs));
      });
    } finally {
      logger.info('Swept.', swept);
    }
  };
}
