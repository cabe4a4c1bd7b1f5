import { clear } from './clearing.ts';
import { createLife, type Trace } from './life.ts';
import { recount } from './recount.ts';
import type { Schedule } from './schedule.ts';
import type { Stage } from './stage.ts';

const USERS = ['ann', 'bob'];

export interface Played {
  /** What is not as it must be when all has come to rest. */
  says: string[];
  /** Of all requests its functions made, in their order: the same whenever it is played. */
  digest: string;
}

/** Plays a schedule in an empty world, and lets it come to rest. */
export async function play(stage: Stage, schedule: Schedule, trace?: Trace): Promise<Played> {
  await clear(stage.world);
  const life = createLife(stage, schedule, USERS, trace);
  await life.play();
  await life.mend();
  const says = await recount(stage, life, schedule.encrypted);
  trace?.(`Runs: ${JSON.stringify(life.runs())}, changes: ${JSON.stringify(life.writes())}`);
  return { says, digest: life.digest() };
}
