import * as z from 'zod';

/** What travels through the queues. Everything may arrive twice, late and out of order. */

const userId = z.string().min(1);
const imageId = z.string().min(1);
const eventId = z.string().min(1).max(128);

export const describeMessage = z.object({ user_id: userId, image_id: imageId });
export type DescribeMessage = z.infer<typeof describeMessage>;

export const facesMessage = z.object({ user_id: userId, image_id: imageId });
export type FacesMessage = z.infer<typeof facesMessage>;

/**
 * Up to 100 things that change their group (photos their cluster): part `part` of the plan at `plan_key` in the bucket.
 * The last part also ends the job.
 */
const regrouped = z.object({
  type: z.literal('regrouped'),
  event_id: eventId,
  user_id: userId,
  job_id: z.string(),
  plan_key: z.string(),
  part: z.int().nonnegative(),
  parts: z.int().positive(),
});

/** All that is known of faces in these photos is to go; with the last part what is said of people goes too, and the job ends. */
const facesErased = z.object({
  type: z.literal('faces_erased'),
  event_id: eventId,
  user_id: userId,
  job_id: z.string(),
  image_ids: z.array(imageId).max(100),
  last: z.boolean(),
});

export const organizeEvent = z.discriminatedUnion('type', [
  /** A photo has ended without a description: what is derived from it is brought in line with its record. */
  z.object({ type: z.literal('settled'), event_id: eventId, user_id: userId, image_id: imageId }),
  /** Its owner has changed the record. */
  z.object({ type: z.literal('edited'), event_id: eventId, user_id: userId, image_id: imageId }),
  /** Its description, or the search for faces in it, has ended. */
  z.object({ type: z.literal('described'), event_id: eventId, user_id: userId, image_id: imageId }),
  z.object({ type: z.literal('removed'), event_id: eventId, user_id: userId, image_id: imageId }),
  z.object({
    type: z.literal('named'),
    event_id: eventId,
    user_id: userId,
    cluster_id: z.string(),
    name: z.string().min(1).max(100),
    model: z.string(),
    prompt_version: z.string(),
  }),
  regrouped,
  facesErased,
  /** Look again at a cluster that has grown: it may hold several. */
  z.object({ type: z.literal('review'), event_id: eventId, user_id: userId, cluster_id: z.string() }),
  /** Make automatic albums of what is there: of the `list`-th list of rules, behind `after`. `albums`: those that are there so far. */
  z.object({
    type: z.literal('auto_albums'),
    event_id: eventId,
    user_id: userId,
    job_id: z.string(),
    part: z.int().nonnegative(),
    list: z.int().nonnegative(),
    after: z.string(),
    albums: z.int().nonnegative(),
  }),
  /** The members of an album that became manual are on their records. */
  z.object({
    type: z.literal('album_kept'),
    event_id: eventId,
    user_id: userId,
    album_id: z.string(),
    job_id: z.string(),
    images: z.int().nonnegative(),
  }),
]);
export type OrganizeEvent = z.infer<typeof organizeEvent>;

export const jobMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['recluster', 'merge', 'move', 'undo', 'group_people', 'erase_faces']),
    user_id: userId,
    job_id: z.string(),
  }),
  z.object({ type: z.literal('reprocess'), user_id: userId, job_id: z.string() }),
  z.object({ type: z.literal('empty_trash'), user_id: userId, job_id: z.string() }),
  z.object({ type: z.literal('download'), user_id: userId, job_id: z.string() }),
  z.object({ type: z.literal('auto_albums'), user_id: userId, job_id: z.string() }),
  z.object({ type: z.literal('keep_album'), user_id: userId, job_id: z.string() }),
  /** An account was deleted: everything of its is to be erased. */
  z.object({ type: z.literal('erase_account'), user_id: userId }),
  z.object({ type: z.literal('clear_album'), user_id: userId, job_id: z.string() }),
  /**
   * Ask the model for a name; `revision` is the member count it is asked at, so that one name is bought once. `asked`: which time a
   * person has asked for one.
   */
  z.object({
    type: z.literal('name_cluster'),
    user_id: userId,
    cluster_id: z.string(),
    revision: z.int(),
    asked: z.string().optional(),
  }),
]);
export type JobMessage = z.infer<typeof jobMessage>;
