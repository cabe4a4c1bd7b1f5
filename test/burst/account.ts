import { randomUUID } from 'node:crypto';
import { createPerson, type Person, signIn } from '../e2e/support/person.ts';

/** Identity tokens last for an hour, and a burst may take longer. */
const SIGNS_IN_EVERY_MS = 30 * 60_000;

/** Makes an account. What it answers is its owner, signed in for half an hour at least. */
export async function openAccount(url: string): Promise<() => Promise<Person>> {
  const account = { email: `${randomUUID()}@example.org`, password: 'correct horse' };
  const answer = await createPerson(url, '').call('POST', '/auth/signup', { body: { ...account, name: 'Ada' } });
  if (answer.status !== 201) throw new Error(`Expected to be signed up, got ${answer.status} ${answer.text}`);
  let person: { since: number; signedIn: Promise<Person> } | undefined;
  return () => {
    const now = Date.now();
    if (!person || now - person.since > SIGNS_IN_EVERY_MS) person = { since: now, signedIn: signIn(url, account) };
    return person.signedIn;
  };
}
