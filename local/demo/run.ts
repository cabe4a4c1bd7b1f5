import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_FILES_PER_REQUEST, MAX_UPLOAD_BYTES } from '../../shared/contract/schemas.ts';
import { isTerminal } from '../../shared/domain/image.ts';
import { ApiError, type Client, type Cluster, type Image, type Picture } from './client.ts';
import type { FoundFile } from './files.ts';

export interface Summary {
  images: {
    file: string;
    image_id: string | null;
    status: string;
    degraded: boolean;
    title: string | null;
    description: string | null;
    tags: string[];
    /** The id of its cluster: names are under `clusters`. */
    cluster: string | null;
    thumbnail_url: string | null;
    error: string | null;
    /** The file it is a copy of. */
    duplicate_of: string | null;
  }[];
  clusters: { cluster_id: string; name: string; image_ids: string[] }[];
  /** Who is in several pictures, those seen most first. */
  people: { person_id: string; count: number }[];
  /** One of each event: pictures close to each other in time and place. */
  albums: { album_id: string; name: string; count: number | null }[];
  seconds: number;
  images_per_second: number;
}

export interface Progress {
  total: number;
  uploaded: number;
  ended: number;
}

const UPLOADS_AT_ONCE = 6;
const POLL_MS = 400;
/** Nothing at all has moved for this long: something is wrong, and waiting on would hide it. */
const STANDSTILL_MS = 5 * 60_000;
/** Names come a moment after their clusters, and a gallery is clustered afresh whenever it has doubled. */
const SETTLING_MS = 15_000;
/** By then images and clusters tell the same, or never will. */
const AGREEING_MS = 60_000;

type Outcome = { file: FoundFile; imageId: string | null; status?: string; error?: string };

/** Uploads the files as a client would and waits until each has come to its end. */
export async function runDemo(
  client: Client,
  files: readonly FoundFile[],
  onProgress: (progress: Progress) => void,
): Promise<Summary> {
  const started = performance.now();
  await client.makeAlbums();
  const progress: Progress = { total: files.length, uploaded: 0, ended: 0 };
  const outcomes = await uploadAll(client, files, () => {
    progress.uploaded += 1;
    onProgress(progress);
  });
  const images = await waitForAll(client, outcomes, (ended) => {
    progress.ended = ended;
    onProgress(progress);
  });
  const seconds = (performance.now() - started) / 1000;

  // Read once more: names and places of photos have changed since.
  const gallery = await readGallery(client);
  const latest = gallery.images;
  const fileOf = new Map(
    outcomes.flatMap(({ file, imageId, status }) => (imageId && status !== 'duplicate' ? [[imageId, file.name]] : [])),
  );
  await openAll([...latest.values()].flatMap(({ thumbnail_url }) => (thumbnail_url ? [thumbnail_url] : [])));
  return {
    images: outcomes.map(({ file, imageId, status, error }) => {
      const image = imageId ? (latest.get(imageId) ?? images.get(imageId)) : undefined;
      return {
        file: file.name,
        image_id: imageId,
        status: status ?? image?.status ?? 'failed',
        degraded: image?.degraded ?? false,
        title: image?.title ?? null,
        description: image?.description ?? null,
        tags: image?.tags ?? [],
        cluster: image?.cluster?.cluster_id ?? null,
        thumbnail_url: image?.thumbnail_url ?? null,
        error: error ?? image?.error?.message ?? null,
        duplicate_of: fileOf.get((status === 'duplicate' ? imageId : image?.duplicate_of) ?? '') ?? null,
      };
    }),
    clusters: gallery.clusters.map(({ cluster_id, name, image_ids }) => ({ cluster_id, name, image_ids })),
    people: (await client.people()).map(({ person_id, count }) => ({ person_id, count })),
    albums: (await client.albums()).map(({ album_id, name, count }) => ({ album_id, name, count })),
    seconds: Math.round(seconds * 10) / 10,
    images_per_second: Math.round((files.length / seconds) * 100) / 100,
  };
}

async function uploadAll(client: Client, files: readonly FoundFile[], uploaded: () => void): Promise<Outcome[]> {
  const outcomes: Outcome[] = files.map((file) => ({ file, imageId: null }));
  const sendable = outcomes.filter((outcome) => {
    if (outcome.file.bytes <= MAX_UPLOAD_BYTES) return true;
    outcome.status = 'rejected';
    outcome.error = `The file has ${outcome.file.bytes} bytes; at most ${MAX_UPLOAD_BYTES} are accepted.`;
    uploaded();
    return false;
  });
  for (let start = 0; start < sendable.length; start += MAX_FILES_PER_REQUEST) {
    const batch = sendable.slice(start, start + MAX_FILES_PER_REQUEST);
    const pictures: Picture[] = await Promise.all(
      batch.map(async ({ file }) => ({ filename: basename(file.path), bytes: await readFile(file.path) })),
    );
    const tickets = await client.tickets(pictures);
    const next = batch
      .map((outcome, index) => ({ outcome, ticket: tickets[index], picture: pictures[index] }))
      .values();
    const worker = async () => {
      for (const { outcome, ticket, picture } of next) {
        if (!ticket || !picture) throw new Error('The API answered fewer upload forms than files were announced.');
        outcome.imageId = ticket.image_id;
        if ('duplicate' in ticket) outcome.status = 'duplicate';
        else await send(client, outcome, ticket, picture);
        uploaded();
      }
    };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  }
  return outcomes;
}

async function send(client: Client, outcome: Outcome, ticket: Parameters<Client['upload']>[0], picture: Picture) {
  try {
    await client.upload(ticket, picture);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    outcome.status = 'failed';
    outcome.error = error.message;
  }
}

/** The images by id once each has ended. Throws where nothing moves any more. */
async function waitForAll(
  client: Client,
  outcomes: readonly Outcome[],
  ended: (count: number) => void,
): Promise<Map<string, Image>> {
  const awaited = new Set(outcomes.filter(({ status }) => !status).map(({ imageId }) => imageId));
  const settledBefore = outcomes.length - awaited.size;
  let lastChange = performance.now();
  let lastSeen = '';
  for (;;) {
    const images = (await client.images()).filter(({ image_id }) => awaited.has(image_id));
    const done = images.filter(({ status }) => isTerminal(status));
    ended(settledBefore + done.length);
    if (done.length === awaited.size) return new Map(images.map((image) => [image.image_id, image]));
    const seen = images.map(({ updated_at }) => updated_at).join();
    if (seen !== lastSeen) lastChange = performance.now();
    lastSeen = seen;
    if (performance.now() - lastChange > STANDSTILL_MS) {
      const stuck = images
        .filter(({ status }) => !isTerminal(status))
        .map(({ filename, status }) => `${filename} (${status})`);
      throw new Error(`Nothing has moved for ${STANDSTILL_MS / 60_000} minutes. Still under way: ${stuck.join(', ')}`);
    }
    await sleep(POLL_MS);
  }
}

/** Opens every thumbnail as a browser would. Throws where one is no picture. */
async function openAll(urls: readonly string[]): Promise<void> {
  const next = urls.values();
  const worker = async () => {
    for (const url of next) {
      const answer = await fetch(url);
      await answer.arrayBuffer();
      const type = answer.headers.get('content-type');
      if (answer.status !== 200 || type !== 'image/webp') {
        throw new Error(`Expected a WebP thumbnail, got ${answer.status} ${type} from ${url}`);
      }
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
}

type Gallery = { images: Map<string, Image>; clusters: (Cluster & { image_ids: string[] })[] };

/**
 * Images and clusters, once they tell the same (photos may move to other clusters between the two readings), and the model has named
 * the clusters or has had time enough to. Throws where they contradict each other for good.
 */
async function readGallery(client: Client): Promise<Gallery> {
  const started = performance.now();
  for (;;) {
    const clusters = await Promise.all(
      (await client.clusters()).map(async (cluster) => ({
        ...cluster,
        image_ids: await client.clusterImages(cluster.cluster_id).catch(noneIfGone),
      })),
    );
    const images = new Map((await client.images()).map((image) => [image.image_id, image]));
    const passed = performance.now() - started;
    const named = clusters.every(({ name_source }) => name_source !== 'tags');
    const agreed = agree({ images, clusters });
    if (agreed && (named || passed > SETTLING_MS)) return { images, clusters };
    if (!agreed && passed > AGREEING_MS) {
      throw new Error(
        `For ${AGREEING_MS / 1000} seconds images and clusters have not agreed on which belong together.`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** A cluster may be merged away or dissolved between the list that named it and this reading: it then has no images. */
function noneIfGone(error: unknown): string[] {
  if (error instanceof ApiError && error.status === 404) return [];
  throw error;
}

/** Whether each image is listed in the cluster it says it is in, and nowhere else. */
function agree({ images, clusters }: Gallery): boolean {
  const listed = clusters.flatMap(({ cluster_id, image_ids }) => image_ids.map((id) => ({ id, cluster_id })));
  const placed = [...images.values()].filter(({ cluster }) => cluster?.cluster_id);
  return (
    clusters.every(({ image_ids }) => image_ids.length > 0) &&
    listed.length === placed.length &&
    listed.every(({ id, cluster_id }) => images.get(id)?.cluster?.cluster_id === cluster_id)
  );
}
