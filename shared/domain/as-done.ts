import { allStagesEnded, type ClusterAssignment, type FaceAssignment, type ImageRecord, isGivenUp } from './image.ts';

/**
 * The record as it will be when its organize stage, the last one, has ended at `finished`: what is derived from it can be written
 * before it says `done`, so that a photo that says so can be found at once.
 * @throws RangeError where another stage has not ended.
 */
export function asDone(
  record: ImageRecord,
  { cluster, faces = record.faces }: { cluster: ClusterAssignment; faces?: FaceAssignment[] | undefined },
  finished: Date,
): ImageRecord {
  const { attempts, started_at } = record.stages.organize;
  const since = (start: string) => Math.max(0, finished.getTime() - Date.parse(start));
  const stages: ImageRecord['stages'] = {
    ...record.stages,
    organize: {
      state: 'done',
      attempts,
      ...(started_at !== undefined && { started_at, ms: since(started_at) }),
      finished_at: finished.toISOString(),
    },
  };
  if (!allStagesEnded(stages)) throw new RangeError(`asDone: expected every stage before organize to have ended`);
  const took = since(record.processing_started_at ?? record.created_at);
  // One that had been done without that stage was done then.
  const processing_ms = isGivenUp(record) ? (record.processing_ms ?? took) : took;
  return { ...record, cluster, ...(faces && { faces }), stages, status: 'done', processing_ms };
}
