import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import { createExamine, type Examined } from './examine.ts';
import { createMend, type MendDeps } from './mend.ts';
import { createReader, type Read } from './read.ts';
import { ABOUT, type Finding, finding } from './recount/finding.ts';
import { linkDeviations } from './recount/links.ts';
import { CannotLook } from './stack.ts';

/** How often what is left is mended again: what one look could not see behind something else, the next one does. */
const MOST_ROUNDS = 3;

export interface DoctorDeps extends Omit<MendDeps, 'pause' | 'isLeaving'> {
  /** Until what differs is looked at again. */
  pause: () => Promise<void>;
  /** Between two looks at how far organize has come. */
  breath: () => Promise<void>;
}

/** A difference, as it is reported. */
interface Difference {
  about: Finding['about'];
  /** Absent where it names words of a person's photos. */
  says?: string;
  can_be_mended: boolean;
}

export interface Opinion {
  stack: string;
  read: Read & { users: number };
  /** Differences that are left. */
  differences: number;
  /** Differences that were there and are not any more. */
  mended: number;
  /** Photos of everybody something is happening to: not compared. */
  under_way: number;
  /** Users of whom something differs or could not be compared; `null` is what is nobody's. */
  users: (Omit<Examined, 'user_id' | 'findings'> & {
    user_id: string | null;
    mended: number;
    /** Which: in the order of what is left, and like that. */
    mended_differences: Omit<Difference, 'can_be_mended'>[];
    /** Why mending ended before its end. */
    gave_up?: string;
    differences: Difference[];
  })[];
}

/** Looks at everybody, or at one user, and mends what differs where that is asked for. */
export function createDoctor(deps: DoctorDeps) {
  const { stack, clock, pause, breath } = deps;
  const reader = createReader(stack);
  const examine = createExamine({ reader, clock, pause });
  const mend = createMend({ ...deps, pause: breath, isLeaving: reader.isLeaving });

  return async function doctor({ user, repair }: { user?: string | undefined; repair: boolean }): Promise<Opinion> {
    const opinion: Opinion = {
      stack: stack.called,
      read: { ...reader.read, users: 0 },
      differences: 0,
      mended: 0,
      under_way: 0,
      users: [],
    };
    const everybody = user === undefined ? await survey() : { users: [user], nobodys: [] };
    if (everybody.nobodys.length > 0) {
      await pause();
      const again = new Set((await survey()).nobodys.map(({ says }) => says));
      const left = everybody.nobodys.filter(({ says }) => again.has(says));
      if (repair) await mend('', left);
      const unmended = repair ? left.filter((each) => each.mend.length === 0) : left;
      add(opinion, { user_id: null, photos: 0, under_way: 0, counters_skipped: false }, left, unmended);
    }
    for (const userId of everybody.users) {
      opinion.read.users += 1;
      if (!(await reader.isLeaving(userId))) await seeTo(opinion, userId, repair);
    }
    Object.assign(opinion.read, reader.read);
    if (user !== undefined && reader.read.items + reader.read.objects === 0)
      throw new CannotLook(`--user: expected the id of somebody who has anything in this stack, got ${user}`);
    return opinion;
  };

  /** Looks at one user, and mends. Where organize does not come to theirs, it may to that of others. */
  async function seeTo(opinion: Opinion, userId: string, repair: boolean): Promise<void> {
    const { findings: before, ...examined } = await examine(userId);
    let left = before;
    let gaveUp: string | undefined;
    const canGoOn = (round: number) =>
      repair && round < MOST_ROUNDS && gaveUp === undefined && left.some((each) => each.mend.length > 0);
    for (let round = 0; canGoOn(round); round += 1) {
      try {
        await mend(userId, left);
      } catch (error) {
        if (!(error instanceof CannotLook)) throw error;
        gaveUp = error.message;
      }
      left = (await examine(userId)).findings;
    }
    // What is left of somebody who has left meanwhile goes by itself.
    if (before.length > 0 && (await reader.isLeaving(userId))) return;
    add(opinion, { ...examined, ...(gaveUp !== undefined && { gave_up: gaveUp }) }, before, left);
  }

  /** Who there is, and what is nobody's. Indexes first: whoever has one is in the table by then. */
  async function survey(): Promise<{ users: string[]; nobodys: Finding[] }> {
    const indexes = await reader.indexes();
    const owners = await reader.ownersOfObjects();
    const { users, links } = await reader.partitions();
    const own = new Set(users.map(vectorIndexName));
    return {
      users: [...new Set([...users, ...owners])].sort(),
      nobodys: [
        ...linkDeviations(links).map((words) => finding('links', words)),
        ...indexes
          .filter((index) => !own.has(index))
          .map((index) => finding('embeddings', `vector index ${index} belongs to nobody`, { index })),
      ],
    };
  }
}

function add(
  opinion: Opinion,
  examined: Omit<Opinion['users'][number], 'mended' | 'mended_differences' | 'differences'>,
  before: readonly Finding[],
  left: readonly Finding[],
): void {
  const still = new Set(left.map(({ says }) => says));
  const mended = before.filter(({ says }) => !still.has(says));
  opinion.differences += left.length;
  opinion.mended += mended.length;
  opinion.under_way += examined.under_way;
  if (before.length + left.length === 0 && !examined.counters_skipped) return;
  opinion.users.push({
    ...examined,
    mended: mended.length,
    mended_differences: ordered(mended).map(shown),
    differences: ordered(left).map((each) => ({ ...shown(each), can_be_mended: each.mend.length > 0 })),
  });
}

const ordered = (findings: readonly Finding[]) =>
  findings.toSorted((one, other) => ABOUT.indexOf(one.about) - ABOUT.indexOf(other.about));

const shown = ({ about, says, personal }: Finding) => ({ about, ...(!personal && { says }) });
