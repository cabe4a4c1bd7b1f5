import { setTimeout as wait } from 'node:timers/promises';
import { type Form, type Person, post } from '../e2e/support/person.ts';

const FORMS_AT_ONCE = 100;
const CONNECTIONS = 8;
const MOST_TRIES = 3;

/**
 * Uploads many pictures side by side, as a client does that has them all, `perSecond` at most. Answers the images' ids. `onUpload` is told
 * of each.
 */
export async function uploadAll(
  person: Person,
  count: number,
  draw: (number: number) => Promise<Buffer>,
  { perSecond = Number.POSITIVE_INFINITY, onUpload = () => {} }: { perSecond?: number; onUpload?: () => void } = {},
): Promise<string[]> {
  const ids: string[] = [];
  const begun = performance.now();
  for (let from = 0; from < count; from += FORMS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(FORMS_AT_ONCE, count - from) }, (_, index) => from + index);
    const files = await Promise.all(
      numbers.map(async (number) => ({ filename: `${number}.jpg`, bytes: await draw(number) })),
    );
    const jobs = (await person.tickets(files)).map((ticket, index) => ({
      ticket,
      ...files[index],
      number: numbers[index],
    }));
    const worker = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const { ticket, bytes, number = 0 } = job;
        if (!('upload' in ticket) || !bytes) throw new Error(`Expected a form, got ${JSON.stringify(ticket)}`);
        await wait(Math.max(0, begun + (number / perSecond) * 1_000 - performance.now()));
        await send(ticket, bytes);
        ids.push(ticket.image_id);
        onUpload();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  }
  return ids;
}

/** As clients do, uses a form again whose answer did not come. */
async function send(form: Form, bytes: Uint8Array): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await post(form, bytes);
      if (answer.status < 300) return;
      throw new Error(`Expected S3 to take it, got ${answer.status} ${answer.text}`);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}
