import type { Deps } from '../deps.ts';

type WalkDeps = Pick<Deps, 'postings' | 'nearDuplicates'>;

/** Reads of one request, after which it answers what it has. */
const MOST_READS = 200;
const PAIRS_AT_ONCE = 100;
/** A group is followed no further than this. Of a larger one, parts may be answered as groups of their own that overlap. */
const MOST_IN_GROUP = 200;

/** Groups of photos that are connected by looking the same, that of the newest oldest member first. */
export interface PairWalk {
  /** The ids of the next group, oldest first; `null` at the end, and where enough has been read for now. */
  nextGroup(): Promise<string[] | null>;
  /** Below which image to go on later; `null` at the end. */
  resume(): string | null;
  /** The same, to find the group answered last once more. */
  resumeBefore(): string | null;
}

/**
 * Walks the pairs of a user's photos below the image `before`, newest first. A group is answered where the walk comes to its oldest
 * member, so that none is answered twice or missed by pages, whatever is added meanwhile.
 */
export function createPairWalk(userId: string, before: string, { postings, nearDuplicates }: WalkDeps): PairWalk {
  const images = neighbourhoods();
  let reads = 0;
  let ended = false;
  let done: string | null = null;
  let doneBefore: string | null = null;

  /** Every image that has pairs, with those it is paired with, newest first. */
  async function* neighbourhoods(): AsyncGenerator<{ imageId: string; others: string[] }, undefined> {
    let current: { imageId: string; others: string[] } | undefined;
    let below = before;
    for (let more = true; more; ) {
      reads += 1;
      const page = await postings.pairs(userId, { before: below, limit: PAIRS_AT_ONCE });
      for (const { image_id, other_id } of page.pairs) {
        if (current && current.imageId !== image_id) yield current;
        if (current?.imageId === image_id) current.others.push(other_id);
        else current = { imageId: image_id, others: [other_id] };
        below = `${image_id}#${other_id}`;
      }
      more = page.more;
    }
    if (current) yield current;
    return undefined;
  }

  async function group(first: string, others: readonly string[]): Promise<string[]> {
    const members = new Set([first, ...others]);
    let edge = [...others];
    while (edge.length > 0 && members.size < MOST_IN_GROUP) {
      reads += edge.length;
      const found = await Promise.all(edge.map((id) => nearDuplicates.neighbours(userId, id)));
      edge = [...new Set(found.flatMap((neighbours) => [...neighbours.keys()]))].filter((id) => !members.has(id));
      for (const id of edge) members.add(id);
    }
    return [...members].sort().slice(0, MOST_IN_GROUP);
  }

  return {
    async nextGroup() {
      while (reads < MOST_READS) {
        const { value } = await images.next();
        if (!value) {
          ended = true;
          return null;
        }
        const { imageId, others } = value;
        doneBefore = done;
        done = imageId;
        // Most are told from their own pairs not to be the oldest.
        if (others.some((other) => other < imageId)) continue;
        const members = await group(imageId, others);
        if (members[0] === imageId) return members;
      }
      return null;
    },
    resume: () => (ended ? null : done),
    resumeBefore: () => doneBefore,
  };
}
