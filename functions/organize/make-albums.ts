import type { EventOf, OrganizeDeps } from './deps.ts';

const TALLIES = ['PLACED#', 'DATED#'];
/** Of tallies or events looked at by one event: a second's work. The days of a month count as one. */
const AT_ONCE = 100;

/**
 * Makes the automatic albums of what is there, a part at a time; each part sends the next behind itself. Those that come meanwhile are made
 * as they come.
 */
export function createMakeAlbums({ tallies, events, autoAlbums, jobs, queues, clock }: OrganizeDeps) {
  return async function makeAlbums(userId: string, event: EventOf<'auto_albums'>): Promise<void> {
    const { job_id, list, after, part, albums } = event;
    const at = clock().toISOString();
    const prefix = TALLIES[list];
    const range = { limit: AT_ONCE, ...(after !== '' && { after }) };
    let more: boolean;
    let last: string | undefined;
    let there: number;
    if (prefix !== undefined) {
      const page = await tallies.page(userId, prefix, range);
      there = await autoAlbums.follow(userId, { tallies: page.items }, at);
      ({ more } = page);
      last = page.items.at(-1)?.key.slice(prefix.length);
    } else {
      const page = await events.page(userId, range);
      there = await autoAlbums.follow(userId, { tallies: [], events: { puts: page.items, deletes: [] } }, at);
      ({ more } = page);
      last = page.items.at(-1)?.start;
    }
    const total = albums + there;
    if (!more && prefix === undefined) return void (await jobs.finish(userId, job_id, { albums: total }));
    await jobs.advance(userId, job_id, (list + 0.5) / (TALLIES.length + 1));
    await queues.organize([
      {
        ...event,
        event_id: `auto_albums:${job_id}:${part + 1}`,
        part: part + 1,
        albums: total,
        ...(more && last !== undefined ? { after: last } : { list: list + 1, after: '' }),
      },
    ]);
  };
}
