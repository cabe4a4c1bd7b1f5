import { setTimeout as wait } from 'node:timers/promises';
import { isTerminal } from '../../shared/domain/image.ts';
import type { Image, Person } from '../e2e/support/person.ts';

const LOOK_MS = 100;
const GIVES_UP_AFTER_MS = 600_000;

/** One photo and nothing else: how long it took from asking for a form until it was done, in seconds, and how it ended. */
export async function oneOf(person: Person, bytes: Uint8Array): Promise<{ seconds: number; image: Image }> {
  const begun = performance.now();
  const id = await person.upload({ filename: 'one.jpg', bytes });
  for (;;) {
    const image = await person.image(id);
    const seconds = (performance.now() - begun) / 1_000;
    if (isTerminal(image.status) || seconds * 1_000 > GIVES_UP_AFTER_MS) return { seconds, image };
    await wait(LOOK_MS);
  }
}
