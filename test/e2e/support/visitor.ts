import type { z } from 'zod';
import type * as schemas from '../../../shared/contract/schemas.ts';
import { type Answer, createPerson } from './person.ts';

/** Somebody without an account who was given a link; `heard` is told every answer. */
export function createVisitor(base: string, token: string, heard: (answer: Answer) => void) {
  const nobody = createPerson(base, '', heard);
  const path = `/shared/${token}`;
  let headers: Record<string, string> = {};
  const visit = (where: string, method = 'GET', body?: object) =>
    nobody.call(method, `${path}${where}`, { headers, ...(body && { body }) });

  return {
    visit,
    /** What the API says elsewhere to who shows what the link's password was exchanged for. */
    elsewhere: (where: string) => nobody.call('GET', where, { headers }),

    /** Gives a password; answers the status. */
    async enter(password: string): Promise<number> {
      const answer = await visit('/access', 'POST', { password });
      if (answer.status === 200) headers = { 'share-access': answer.json<{ access: string }>().access };
      return answer.status;
    },

    /** All that is shown, page by page. */
    async images(): Promise<schemas.SharedImage[]> {
      const shown: schemas.SharedImage[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
        const page = (await visit(`/images?limit=100${from}`)).json<z.infer<typeof schemas.sharedImagePage>>();
        shown.push(...page.items);
        cursor = page.next_cursor;
      }
      return shown;
    },
  };
}
