import { recountAll } from '../../support/deviations.ts';
import { deadLetters, quiet } from './stack.ts';
import { type Reachable, readStored } from './stored.ts';

/** Counts everything a stack has stored, once it has come to rest, and answers every deviation from what must always be true. */
export async function recount(stack: Reachable): Promise<string[]> {
  await quiet(stack);
  return [
    ...(await deadLetters(stack)).map((letters) => `dead letters: ${letters}`),
    ...recountAll(await readStored(stack)),
  ];
}
