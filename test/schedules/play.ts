import { clear } from './clearing.ts';
import { createLife, type Trace } from './life.ts';
import { recount } from './recount.ts';
import type { Schedule } from './schedule.ts';
import type { Stage } from './stage.ts';

const USERS = ['ann', 'bob'];

/** Plays a schedule in an empty world, and answers what is not as it must be when all has come to rest. */
export async function play(stage: Stage, schedule: Schedule, trace?: Trace): Promise<string[]> {
  await clear(stage.world);
  const life = createLife(stage, schedule, USERS, trace);
  await life.play();
  await life.mend();
  return recount(stage, life, schedule.encrypted);
}
