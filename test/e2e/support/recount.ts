import { deviations, recordsIn } from '../../support/deviations.ts';
import { downloadDeviations } from '../../support/download-deviations.ts';
import { checkObjects } from '../../support/object-deviations.ts';
import { deadLetters, quiet } from './stack.ts';
import { type Reachable, readStored } from './stored.ts';

/**
 * Counts everything a stack has stored against the records in its table, once it has come to rest, and answers every deviation
 * from what must always be true. Knows where things lie from the design; of the product's code it asks only which words and
 * suggestions a record has, and counts what comes of that by itself.
 */
export async function recount(stack: Reachable): Promise<string[]> {
  await quiet(stack);
  const stored = await readStored(stack);
  return [
    ...(await deadLetters(stack)).map((letters) => `dead letters: ${letters}`),
    ...deviations(stored.items, stored.vectors),
    ...downloadDeviations(stored.items, stored.objects),
    ...checkObjects(stored, recordsIn(stored.items)),
  ];
}
