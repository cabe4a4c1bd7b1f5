import { carryOut } from '../images/carry-out.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { albumAction } from './membership.ts';

/** What becomes of each image is said in the order in which they were given. */
export const addToAlbum: ApiUseCase<'addToAlbum'> = async ({ params, body, user }, deps) => {
  const ids = [...new Set(body.ids)];
  const asked = { ids, add: [params.album_id], remove: [], after: body.after };
  return { status: 200, body: await carryOut(body.ids, await albumAction(user.user_id, asked, deps), deps) };
};

export const removeFromAlbum: ApiUseCase<'removeFromAlbum'> = async ({ params, body, user }, deps) => {
  const ids = [...new Set(body.ids)];
  const asked = { ids, add: [], remove: [params.album_id] };
  return { status: 200, body: await carryOut(body.ids, await albumAction(user.user_id, asked, deps), deps) };
};
