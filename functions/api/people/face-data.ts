import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** From now on nobody looks for faces in this person's photos; what is known of them is erased, as a job. */
export const eraseFaces: ApiUseCase<'eraseFaces'> = async (request, deps) => {
  await deps.profiles.setFaceDetection(request.user.user_id, false);
  return startJob(request, { type: 'erase_faces', request: {} }, deps);
};

export const allowFaces: ApiUseCase<'allowFaces'> = async ({ user }, { profiles }) => {
  await profiles.setFaceDetection(user.user_id, true);
  return { status: 200, body: { face_detection: true } };
};
