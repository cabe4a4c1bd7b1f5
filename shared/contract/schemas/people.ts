import * as z from 'zod';
import { flag, imageId, page, pageQuery, personId, timestamp } from './common.ts';
import { face, image } from './images.ts';

const MAX_PERSON_NAME = 100;
const MAX_MERGED_PEOPLE = 50;
const MAX_SPLIT = 500;

const name = z.string().trim().min(1).max(MAX_PERSON_NAME);

export const person = z
  .object({
    person_id: personId,
    name: z.string().nullable(),
    hidden: z.boolean(),
    count: z.int().describe('Photos'),
    faces: z.int(),
    cover: face
      .pick({ n: true, box: true, url: true })
      .extend({ image_id: imageId })
      .nullable()
      .describe('The face chosen, or the newest'),
    urls_expire_at: timestamp.nullable(),
  })
  .meta({ id: 'Person' });
export type PersonView = z.infer<typeof person>;

export const peoplePage = page(person).meta({ id: 'PeoplePage' });
export const peopleQuery = z.strictObject({
  limit: pageQuery.shape.limit,
  cursor: z
    .string()
    .regex(/^\d{1,9}-[0-9a-f-]{36}$/, 'expected a next_cursor as the API gave it')
    .optional(),
  hidden: flag.default(false).describe('true: the hidden ones, too'),
});
export const personImages = page(image).meta({ id: 'PersonImages' });

export const personPatch = z
  .strictObject({
    name: name.nullable().describe('null takes it back'),
    hidden: z.boolean(),
    cover: z
      .strictObject({ image_id: imageId, n: z.int().min(0).max(49).optional().describe('Which face; default: theirs') })
      .nullable()
      .describe('One of their faces; null: the newest'),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'expected at least one field to change')
  .meta({ id: 'PersonPatch' });

export const peopleMerge = z
  .strictObject({
    into: personId.describe('Keeps its id, and its name unless only others have one'),
    from: z.array(personId).min(1).max(MAX_MERGED_PEOPLE).describe('Become that one'),
  })
  .refine(({ into, from }) => !from.includes(into), { path: ['from'], message: 'expected others than into' })
  .meta({ id: 'PeopleMerge' });

export const personSplit = z
  .strictObject({
    image_ids: z.array(imageId).min(1).max(MAX_SPLIT).describe('Their faces in these become somebody else'),
    to: z
      .union([z.literal('new'), z.literal('nobody'), z.strictObject({ name })])
      .default('new')
      .describe('A new person, one of this name, or nobody'),
  })
  .meta({ id: 'PersonSplit' });

/** Whose a face is, as a person says. */
export const facePatch = z
  .union([
    z.strictObject({ person_id: personId.nullable().describe('null: nobody') }),
    z.strictObject({ name: name.describe('A new person of this name') }),
  ])
  .meta({ id: 'FacePatch' });

export const faceSettings = z.object({ face_detection: z.boolean() }).meta({ id: 'FaceSettings' });

export const personAnalysis = z
  .object({
    photos: z.int().describe('With faces'),
    faces: z.int(),
    unassigned: z.int().describe('Faces that are nobody’s'),
    people: z.int(),
    by_year: z.array(z.object({ year: z.string(), faces: z.int() })),
    top: z.array(person).describe('Those seen most, hidden ones left out'),
  })
  .meta({ id: 'PersonAnalysis' });
