import type { Events } from '../../shared/adapters/events.ts';
import type { EventInterval, Timeline, TimelinePhoto } from '../../shared/domain/albums/events.ts';

/** What a pass changes about events. */
export interface EventChanges {
  puts: EventInterval[];
  deletes: EventInterval[];
}

/** The order of taking as it is stored, and before that what this pass has changed about it: nothing is written here. */
export function createTimeline(
  userId: string,
  events: Events,
  newId: Timeline['newId'],
): Timeline & { changes: () => EventChanges } {
  const added = new Map<string, TimelinePhoto>();
  const gone = new Set<string>();
  const put = new Map<string, EventInterval>();
  const taken = new Map<string, EventInterval>();

  /** Nearest first: of those that are stored, and of those that came. */
  async function nearest(from: { before: string } | { after: string }): Promise<TimelinePhoto | null> {
    const back = 'before' in from;
    const stored = await events.photos(userId, from, gone.size + 1);
    const came = [...added.values()].filter(({ key }) => (back ? key < from.before : key > from.after));
    const all = [...stored.filter(({ key }) => !gone.has(key)), ...came];
    return all.reduce<TimelinePhoto | null>(
      (best, photo) => (best && (back ? best.key > photo.key : best.key < photo.key) ? best : photo),
      null,
    );
  }

  return {
    before: (key) => nearest({ before: key }),
    after: (key) => nearest({ after: key }),

    async eventAt(key) {
      const stored = await events.startingBy(userId, key, taken.size + 1);
      const all = [...stored.filter(({ start }) => !taken.has(start)), ...put.values()];
      return all.find(({ start, end }) => start <= key && key <= end) ?? null;
    },

    async countBefore({ start, end }, key, total) {
      const within = (photoKey: string) => photoKey >= start && photoKey <= end;
      const [came, went] = [[...added.keys()].filter(within), [...gone].filter(within)];
      const stored = await events.countBefore(userId, { start, end }, key, total - came.length + went.length);
      const earlier = (keys: readonly string[]) => keys.filter((photoKey) => photoKey < key).length;
      return stored + earlier(came) - earlier(went);
    },

    addPhoto(photo) {
      added.set(photo.key, photo);
    },
    removePhoto(key) {
      if (!added.delete(key)) gone.add(key);
    },
    putEvent(event) {
      put.set(event.start, event);
    },
    removeEvent(event) {
      if (!put.delete(event.start)) taken.set(event.start, event);
    },
    newId,

    changes: () => ({
      puts: [...put.values()],
      deletes: [...taken.values()],
    }),
  };
}
