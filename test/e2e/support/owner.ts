import { expect } from 'vitest';
import type { z } from 'zod';
import type * as schemas from '../../../shared/contract/schemas.ts';
import type { Random } from '../../../shared/domain/clustering/random.ts';
import type { Photo } from './deal.ts';
import { type Overheard, overhear } from './overheard.ts';
import { type Image, type Person, signUp } from './person.ts';

type Cluster = z.infer<typeof schemas.clusterSummary>;
type Batch = z.infer<typeof schemas.batchResponse>;

/** Somebody whose gallery is lived in, and what is known of it beside what the API says. */
export interface Owner {
  person: Person;
  /** Every answer to `person`, and what else was handed out of this gallery. */
  overheard: Overheard;
  email: string;
  userId: string;
  hand: readonly Photo[];
  random: Random;
  /** Photos by the digest of their bytes, as they were once all had ended; those that were no pictures are left out. */
  images: Map<string, Image>;
  /** Uploads that have not been erased, whatever became of them. */
  uploads: number;
  /** The album made by hand, and what is in it, in its order. */
  album: string;
  inAlbum: string[];
  /** What automatic albums have been made by, by their ids. */
  rules: Map<string, string>;
}

export async function openGallery(base: string, hand: readonly Photo[], random: Random): Promise<Owner> {
  const overheard = overhear();
  const person = await signUp(base, overheard.hear);
  const { email, user_id } = await person.get<z.infer<typeof schemas.me>>('/auth/me');
  const empty = { images: new Map(), uploads: 0, album: '', inAlbum: [], rules: new Map() };
  return { person, overheard, email: email ?? '', userId: user_id, hand, random, ...empty };
}

export const idsOf = (images: readonly { image_id: string }[]) => images.map(({ image_id }) => image_id);

export async function send<T>({ person }: Owner, method: string, path: string, body: object, status = 200): Promise<T> {
  const answer = await person.call(method, path, { body });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  return answer.json<T>();
}

/** The same done to many photos, each of which must be there. */
export async function batch(owner: Owner, body: { action: string; ids: readonly string[]; permanent?: boolean }) {
  const { items } = await send<Batch>(owner, 'POST', '/images/batch', body);
  expect(items).toEqual(body.ids.map((image_id) => ({ image_id, result: 'done' })));
}

export const peopleOf = ({ person }: Owner) => person.all<schemas.PersonView>('/people');
export const clustersOf = async ({ person }: Owner) =>
  (await person.get<{ items: Cluster[] }>('/images/clusters')).items;
/** Ids of the photos on a list. */
export const listed = async ({ person }: Owner, path: string) => idsOf(await person.all<Image>(path));

/** The file a photo was uploaded from. */
export function fileOf({ hand, images }: Owner, imageId: string): Photo {
  const digest = [...images.values()].find(({ image_id }) => image_id === imageId)?.sha256;
  const photo = hand.find(({ sha256 }) => sha256 === digest);
  if (!photo) throw new Error(`Expected the bytes of ${imageId} to be at hand`);
  return photo;
}
