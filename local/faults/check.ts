import { FUNCTION_NAMES, QUEUE_NAMES } from '../../shared/contract/functions.ts';
import { parseAzureFaults } from '../emulators/azure/faults.ts';
import { parseFaults } from './grammar.ts';

/**
 * Looks at ordered faults before there is a stack that could: it takes seconds to make one. Answers `text`. Throws `RangeError` for an
 * entry that cannot be read, and for a function or queue that the stack of this repository does not have.
 */
export function checkFaults(text: string): string {
  const { kills, skews, sends, azure } = parseFaults(text);
  const strange = (names: readonly string[]) => (target: string) => !names.includes(target);
  const nobody = [...kills, ...skews].map(({ target }) => target).find(strange(FUNCTION_NAMES));
  if (nobody !== undefined)
    throw new RangeError(`--faults: expected a function (${FUNCTION_NAMES.join(', ')}), received "${nobody}"`);
  const nowhere = sends.map(({ target }) => target).find(strange(QUEUE_NAMES));
  if (nowhere !== undefined)
    throw new RangeError(
      `--faults: expected a function that reads a queue (${QUEUE_NAMES.join(', ')}), received "${nowhere}"`,
    );
  parseAzureFaults(azure);
  return text;
}
