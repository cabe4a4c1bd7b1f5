import { type Person, post } from '../e2e/support/person.ts';

const FORMS_AT_ONCE = 100;
const CONNECTIONS = 8;

/** Uploads many pictures side by side, as a client does that has them all. Answers the images' ids. `onUpload` is told of each. */
export async function uploadAll(
  person: Person,
  count: number,
  draw: (number: number) => Promise<Buffer>,
  onUpload: () => void = () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += FORMS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(FORMS_AT_ONCE, count - from) }, (_, index) => from + index);
    const files = await Promise.all(
      numbers.map(async (number) => ({ filename: `${number}.jpg`, bytes: await draw(number) })),
    );
    const jobs = (await person.tickets(files)).map((ticket, index) => ({ ticket, bytes: files[index]?.bytes }));
    const worker = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const { ticket, bytes } = job;
        if (!('upload' in ticket) || !bytes) throw new Error(`Expected a form, got ${JSON.stringify(ticket)}`);
        const answer = await post(ticket, bytes);
        if (answer.status >= 300) throw new Error(`Expected S3 to take it, got ${answer.status} ${answer.text}`);
        ids.push(ticket.image_id);
        onUpload();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  }
  return ids;
}
