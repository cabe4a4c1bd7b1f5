import type { RenderUrls, UrlsOf } from '../../../shared/adapters/image-urls.ts';
import type { NamesOf } from '../../../shared/adapters/names.ts';
import type { ImageView } from '../../../shared/contract/schemas.ts';
import { EDITABLE_FIELDS } from '../../../shared/domain/edits.ts';
import { type ImageRecord, isDegraded } from '../../../shared/domain/image.ts';
import { facesByPerson } from '../../../shared/domain/people/faces.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';

/** Whose images they are, and where the API is for them. */
type Viewer = Pick<RequestOf<'listImages'>, 'user' | 'apiUrl'>;

/** What of a record is needed to show it. */
export const SHOWN = [
  ...['user_id', 'image_id', 'filename', 'display_name', 'title', 'description', 'tags', 'text', 'described_by'],
  ...['favorite', 'archived', 'edits', 'status', 'stages', 'error', 'duplicate_of', 'expected'],
  ...[
    'content_type',
    'format',
    'bytes',
    'sha256',
    'width',
    'height',
    'frames',
    'original',
    'thumbnails',
    'placeholder',
  ],
  ...['colors', 'phash', 'metadata', 'taken_at', 'taken_at_offset', 'taken_at_source', 'place', 'cluster', 'faces'],
  ...['albums', 'trashed_at', 'purge_at', 'created_at', 'updated_at', 'processing_ms'],
] as const satisfies (keyof ImageRecord)[];
type ShownRecord = Pick<ImageRecord, (typeof SHOWN)[number]>;

type ViewDeps = { namesOf: NamesOf; urlsOf: UrlsOf };

/**
 * Records as clients see them, in the same order: URLs rendered now, clusters and people named as they are called now (one read for
 * all names).
 */
export async function viewImages(
  viewer: Viewer,
  records: readonly ShownRecord[],
  { namesOf, urlsOf }: ViewDeps,
): Promise<ImageView[]> {
  const named = { clusters: new Set<string>(), people: new Set<string>() };
  for (const { cluster, faces = [] } of records) {
    if (cluster?.cluster_id) named.clusters.add(cluster.cluster_id);
    for (const { person_id } of faces) if (person_id) named.people.add(person_id);
  }
  const [names, urls] = await Promise.all([namesOf(viewer.user.user_id, named), urlsOf(records, viewer)]);
  return records.map((record) => ({
    ...view(record, names.clusters, urls.imageUrls(record)),
    ...viewFaces(record, names.people, urls),
  }));
}

type Urls = Pick<ImageView, 'original_url' | 'thumbnail_url' | 'thumbnails' | 'urls_expire_at'>;

/** The faces in a photo, and whose they are. */
function viewFaces(
  record: ShownRecord,
  names: ReadonlyMap<string, string>,
  { faceUrl }: Pick<RenderUrls, 'faceUrl'>,
): Pick<ImageView, 'faces' | 'people'> {
  const { faces = [] } = record;
  const nameOf = (personId: string | null) => (personId && names.get(personId)) || null;
  return {
    faces: faces.map(({ n, box, person_id, similarity, by_person = false }) => {
      return { n, box, person_id, name: nameOf(person_id), similarity, by_person, url: faceUrl(record, n) };
    }),
    people: [...facesByPerson(faces).keys()].map((person_id) => ({ person_id, name: nameOf(person_id) })),
  };
}

function view(
  record: ShownRecord,
  names: ReadonlyMap<string, string>,
  urls: Urls,
): Omit<ImageView, 'faces' | 'people'> {
  const { cluster, expected } = record;
  return {
    image_id: record.image_id,
    filename: record.filename,
    display_name: record.display_name,
    title: record.title ?? null,
    description: record.description ?? null,
    tags: record.tags ?? [],
    text: record.text ?? null,
    described_by: record.described_by ?? null,
    favorite: record.favorite ?? false,
    archived: record.archived ?? false,
    locked: EDITABLE_FIELDS.filter((field) => record.edits?.[field] !== undefined),
    status: record.status,
    degraded: isDegraded(record),
    stages: record.stages,
    error: record.error ?? null,
    duplicate_of: record.duplicate_of ?? null,
    // Until the bytes have been read, what the client announced.
    content_type: record.content_type ?? expected.content_type,
    format: record.format ?? null,
    bytes: record.bytes ?? expected.bytes,
    sha256: record.sha256 ?? null,
    width: record.width ?? null,
    height: record.height ?? null,
    frames: record.original && record.stages.ingest.state === 'done' ? (record.frames ?? 1) : null,
    original_url: urls.original_url,
    thumbnail_url: urls.thumbnail_url,
    thumbnails: urls.thumbnails,
    urls_expire_at: urls.urls_expire_at,
    placeholder: record.placeholder ?? null,
    colors: record.colors ?? [],
    phash: record.phash ?? null,
    metadata: record.metadata ?? null,
    taken_at: record.taken_at ?? null,
    taken_at_offset: record.taken_at_offset ?? null,
    taken_at_source: record.taken_at_source ?? null,
    place: record.place ?? null,
    cluster: cluster
      ? {
          cluster_id: cluster.cluster_id,
          name: (cluster.cluster_id && names.get(cluster.cluster_id)) || null,
          similarity: cluster.similarity,
          threshold: cluster.threshold,
          runner_up: cluster.runner_up,
          margin: cluster.margin,
          reason: cluster.reason,
        }
      : null,
    albums: Object.keys(record.albums ?? {}),
    trashed_at: record.trashed_at ?? null,
    purge_at: record.purge_at ?? null,
    created_at: record.created_at,
    updated_at: record.updated_at,
    processing_ms: record.processing_ms ?? null,
  };
}
