import type { Faces } from '../../shared/adapters/faces.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { intoParts } from '../../shared/domain/regroup-plan.ts';

export interface EraseFacesDeps {
  jobs: Pick<Jobs, 'get' | 'advance'>;
  faces: Pick<Faces, 'all'>;
  queues: Pick<Queues, 'organize'>;
}

/** Hands all photos in which faces were found to `organize`, which erases what is known of them. A repeated run sends what is left. */
export function createEraseFaces({ jobs, faces, queues }: EraseFacesDeps) {
  return async function run(userId: string, jobId: string): Promise<void> {
    const job = await jobs.get(userId, jobId);
    if (job?.type !== 'erase_faces' || job.status === 'done' || job.status === 'failed') return;
    // Sent again it has not come any further, and sweep is to send it less and less often.
    if (job.progress < 0.5) await jobs.advance(userId, jobId, 0.5);
    const parts = intoParts(await Array.fromAsync(faces.all(userId), ({ image_id }) => image_id));
    await queues.organize(
      parts.map((image_ids, part) => ({
        type: 'faces_erased' as const,
        event_id: `faces_erased:${jobId}:${image_ids[0] ?? 'none'}`,
        user_id: userId,
        job_id: jobId,
        image_ids,
        last: part === parts.length - 1,
      })),
    );
  };
}
