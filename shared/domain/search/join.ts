/** One entry of a list; `key` says where it stands. */
export interface Entry {
  key: string;
  image_id: string;
  taken_at?: string | undefined;
  status?: string | undefined;
}

/** Entries of one list below `before` (not included), greatest key first; `more` where it may go on. */
export type ReadList = (before: string) => Promise<{ entries: Entry[]; more: boolean }>;

/** Candidates one after another, greatest key first. */
export interface Source {
  /** `null` at the end, and where enough has been read for now. */
  next(): Promise<Entry | null>;
  /** Where to begin (below it) to go on later; `null` once there is nothing more. */
  resume(): string | null;
}

/** Greater than every key: no key holds it. */
export const BEFORE_ALL = '~';

/**
 * Entries whose key is in all of the lists: a leapfrog join (Veldhuizen 2012). The lists take turns in naming the greatest key they
 * have below the last one named, so that what others do not have is leapt over. Gives up for now after `mostReads` pages.
 */
export function createJoin(lists: readonly ReadList[], before: string, mostReads: number): Source {
  const budget = { reads: mostReads };
  const heads = lists.map((read) => createHead(read, budget));
  let bound = before;
  let ended = false;
  let begun = false;

  return {
    async next() {
      if (!begun) await Promise.all(heads.map((head) => head.seek(bound)));
      begun = true;
      let agreed: Entry[] = [];
      for (let turn = 0; agreed.length < heads.length; turn = (turn + 1) % heads.length) {
        const entry = (await heads[turn]?.seek(bound)) ?? null;
        if (entry === null) {
          ended ||= heads[turn]?.isOver() ?? true;
          return null;
        }
        agreed = entry.key === agreed[0]?.key ? [...agreed, entry] : [entry];
        // Below this lies the entry itself, and nothing that has not been looked at.
        bound = `${entry.key}${BEFORE_ALL}`;
      }
      const found: Entry = Object.assign({}, ...agreed);
      bound = found.key;
      return found;
    },
    resume: () => (ended ? null : bound),
  };
}

/** Reads one list page by page, always forward. */
function createHead(read: ReadList, budget: { reads: number }) {
  let buffer: Entry[] = [];
  let more = true;

  return {
    /** The first entry below `bound`; `null` at the end, and where the budget is used up. */
    async seek(bound: string): Promise<Entry | null> {
      for (;;) {
        const at = buffer.findIndex(({ key }) => key < bound);
        buffer = at < 0 ? [] : buffer.slice(at);
        const first = buffer[0];
        if (first) return first;
        if (!more || budget.reads <= 0) return null;
        budget.reads -= 1;
        ({ entries: buffer, more } = await read(bound));
      }
    },
    isOver: () => buffer.length === 0 && !more,
  };
}
