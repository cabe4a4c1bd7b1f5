import { startUndo } from '../jobs/start-undo.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Takes the last merge or move of clusters back, as a job; with `Prefer: wait=N` the answer waits for it. */
export const undoClusters: ApiUseCase<'undoClusters'> = (request, deps) => startUndo(request, 'clusters', deps);
