import { bodyExamples } from '../../functions/api/service/docs/examples.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { newToken, newUuid } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { storePassword } from '../../shared/adapters/link-passwords.ts';
import { createLinks, type LinkTerms } from '../../shared/adapters/links.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import type { RouteId } from '../../shared/contract/routes.ts';
import { faceKey, originalKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { multipart } from '../api/api.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { seconds } from '../identity/google.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Gateway, served } from './gateway.ts';

const clock = () => new Date();
/** An id of the right form that never was anybody's. */
export const NOBODYS = '01890000-0000-7000-8000-000000000000';
export const PASSWORD = bodyExamples.accessShared.password;

/** The ids of what a person has. */
export interface Things {
  image: string;
  other_image: string;
  cluster: string;
  other_cluster: string;
  person: string;
  other_person: string;
  album: string;
  link: string;
  job: string;
}

/** Somebody with at least one of everything that has an id, stored as the functions leave it; their ids are numbered from `first`. */
export async function settle(gateway: Gateway, user: string, first: number) {
  const { world, google } = gateway;
  const { table } = world;
  const uuid = (number: number) => `018e0000-0000-7000-8000-${String(first + number).padStart(12, '0')}`;
  const images = createImages(table, TABLE, clock);
  const objects = createObjects(world.s3, BUCKET);
  const [image, other_image] = [imageId(first), imageId(first + 1)];
  const [cluster, other_cluster, person, other_person] = [uuid(2), uuid(3), uuid(4), uuid(5)];
  const bytes = await drawPicture({ width: 8, height: 8, seed: first });

  for (const [number, cluster_id, person_id] of [
    [first, cluster, person],
    [first + 1, other_cluster, other_person],
  ] as const) {
    const id = imageId(number);
    const rendition = (key: string) => ({ key, content_type: 'image/webp', bytes: 4, width: 2, height: 1 });
    for (const size of ['small', 'medium', 'preview'] as const)
      await objects.write(thumbnailKey(user, id, size), Buffer.from('webp'), 'image/webp');
    await objects.write(faceKey(user, id, 0), Buffer.from('face'), 'image/webp');
    await objects.write(originalKey(user, id), bytes, 'image/jpeg');
    const place = { similarity: 0.9, threshold: 0.5, runner_up: null, margin: null, reason: 'assigned' };
    const photo = donePhoto(user, number, {
      original: { ...rendition(originalKey(user, id)), content_type: 'image/jpeg', bytes: bytes.length },
      thumbnails: {
        small: rendition(thumbnailKey(user, id, 'small')),
        medium: rendition(thumbnailKey(user, id, 'medium')),
        preview: rendition(thumbnailKey(user, id, 'preview')),
      },
      faces: [{ n: 0, box: { x: 0, y: 0, width: 1, height: 1 }, person_id, similarity: 0.9 }],
      cluster: { cluster_id, ...place },
    });
    await images.create(photo);
    await images.settle({ userId: user, imageId: id }, photo);
    await createPeople(table, TABLE).say(user, person_id, { name: `P${number}`, updated_at: clock().toISOString() });
    const at = clock().toISOString();
    const words = { name: `C${number}`, name_source: 'model' as const, name_asked_at: 3, newest: [id], count: 1 };
    await createClusters(table, TABLE).create(user, { cluster_id, ...words, created_at: at, updated_at: at });
    await createClusters(table, TABLE).addMember(user, cluster_id, id);
  }

  // Fresh enough for an account to be deleted by it.
  const boundary = await createProfiles(table, TABLE, clock).endSessions(user, seconds(-30));
  const token = google.token({ claims: { sub: user, auth_time: boundary } });
  const made = async (name: string, path: string, body: object) => {
    const endpoint = served.find((each) => each.name === name);
    if (!endpoint) throw new Error(`The contract has no ${name}`);
    const answer = await gateway.call(endpoint, path, { body, headers: { Authorization: `Bearer ${token}` } });
    return JSON.parse(answer.text) as Record<string, string>;
  };
  const { album_id: album = '' } = await made('POST /albums/manual', '/albums/manual', {
    name: 'A',
    image_ids: [image],
  });
  const { job_id: job = '' } = await made('POST /downloads', '/downloads', { all: true });

  await createJobs(table, TABLE, clock).finish(user, job, { parts: [{ bytes: 3, images: 1 }] });

  const links = createLinks(table, TABLE, clock);
  const terms = { download: true, location: false, expiresAt: new Date(Date.now() + 3_600_000) };
  const share = async (own: Partial<LinkTerms> = {}) => {
    const secret = newToken();
    const { link_id } = await links.create({ userId: user, albumId: album }, secret, { ...terms, ...own }, newUuid);
    return { secret, link_id };
  };
  const good = await share();
  // To be taken back by its owner, who keeps the others.
  const { link_id: link } = await share();
  const takenBack = await share();
  const revoke = served.find(({ id }) => id === 'revokeLink');
  if (!revoke) throw new Error('The contract has no route to take a link back');
  await gateway.call(revoke, `/albums/${album}/links/${takenBack.link_id}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  await world.drain('jobs');
  await world.drain('organize');
  return {
    user,
    things: {
      image,
      other_image,
      cluster,
      other_cluster,
      person,
      other_person,
      album,
      link,
      job,
    } as Things,
    /** Authorization headers. */
    session: `Bearer ${token}`,
    revoked: `Bearer ${google.token({ claims: { sub: user, auth_time: boundary - 10 } })}`,
    /** What share links have in their paths. */
    links: {
      good: good.secret,
      takenBack: takenBack.secret,
      expired: (await share({ expiresAt: new Date(Date.now() - 1_000) })).secret,
      locked: (await share({ password: await storePassword(PASSWORD) })).secret,
      withoutDownload: (await share({ download: false })).secret,
    },
  };
}
export type Settled = Awaited<ReturnType<typeof settle>>;

type Bodies = Partial<Record<RouteId, (things: Things) => readonly (object | string)[]>>;

/** Bodies that name somebody's things: each kind a route takes. All others are the examples of the page. */
const NAMING: Bodies = {
  splitPerson: ({ image }) => [{ image_ids: [image], to: 'new' }],
  mergePeople: ({ person, other_person }) => [{ into: person, from: [other_person] }],
  editPerson: ({ image }) => [{ name: 'Ada' }, { cover: { image_id: image, n: 0 } }],
  assignFace: ({ other_person }) => [{ name: 'Ada' }, { person_id: other_person }],
  editCluster: ({ image }) => [{ name: 'Lisbon', cover_image_id: image }],
  mergeClusters: ({ cluster, other_cluster }) => [{ into: cluster, from: [other_cluster] }],
  moveImages: ({ image, other_cluster }) => [
    { image_ids: [image], to: other_cluster },
    { image_ids: [image], to: { name: 'Harbour' } },
  ],
  createAlbum: ({ image, cluster }) => [
    { kind: 'manual', name: 'Lisbon', image_ids: [image] },
    { kind: 'smart', name: 'Dogs', query: { tag: 'dog', cluster } },
  ],
  createManualAlbum: ({ image }) => [{ name: 'Lisbon', image_ids: [image] }],
  editAlbum: ({ image }) => [{ name: 'Lisbon', cover_image_id: image }],
  addToAlbum: ({ other_image, image }) => [{ ids: [other_image] }, { ids: [other_image], after: image }],
  removeFromAlbum: ({ image }) => [{ ids: [image] }],
  createDownload: ({ image, album }) => [{ all: true }, { image_ids: [image] }, { album_id: album }],
  batch: ({ image, album }) => [
    { action: 'edit', ids: [image], changes: { favorite: true } },
    { action: 'tag', ids: [image], add: ['summer'], remove: [] },
    { action: 'reprocess', ids: [image], stages: ['describe'] },
    { action: 'album', ids: [image], add: [album], remove: [] },
    { action: 'delete', ids: [image], permanent: true },
    { action: 'restore', ids: [image] },
  ],
};

/** What may be sent to a route, about somebody's things. */
export function bodiesFor(id: RouteId, things: Things): readonly (object | string)[] {
  const own = NAMING[id]?.(things);
  if (own) return own;
  const example = (bodyExamples as Partial<Record<RouteId, object>>)[id];
  return example ? [example] : [];
}

/** A body and the headers that go with it. */
export function sent(id: RouteId, body: object | string | undefined) {
  if (id === 'upload') return multipart([{ name: 'files', filename: 'a.jpg', type: 'image/jpeg', content: 'x' }]);
  if (id === 'token' && typeof body === 'object') {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return { body: new URLSearchParams(Object.entries(body)).toString(), headers };
  }
  return { ...(body !== undefined && { body }), headers: {} as Record<string, string> };
}

/** Values of path parameters, about somebody's things and by a link. */
export function parametersFor({ image, cluster, person, album, link, job }: Things, token: string) {
  return {
    image_id: image,
    cluster_id: cluster,
    person_id: person,
    album_id: album,
    link_id: link,
    job_id: job,
    token,
    size: 'medium',
    n: '0',
    part: '1',
  } as const satisfies Record<string, string>;
}

/** Throws where a path has a parameter nobody has given a value. */
export const fill = (path: string, values: Readonly<Record<string, string>>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`No value for the parameter ${name}: name one in parametersFor`);
    return encodeURIComponent(value);
  });

/** What a route has to be asked in its query; all others are asked without one. */
export const QUERIES: Partial<Record<RouteId, Record<string, string>>> = { suggest: { prefix: 'a' } };
