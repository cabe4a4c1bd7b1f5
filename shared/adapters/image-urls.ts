import type { S3Client } from '@aws-sdk/client-s3';
import { BROWSER_CONTENT_TYPES, IMAGE_CONTENT_TYPES } from '../contract/schemas.ts';
import { contentDisposition, safeFilename } from '../domain/content-disposition.ts';
import type { ImageRecord, Rendition } from '../domain/image.ts';
import { faceKey } from '../domain/object-keys.ts';
import type { FaceName, Link, LinkSignatures, RenditionName } from './link-signatures.ts';
import { createPresigner, presignTarget } from './presign.ts';
import type { SignerCredentials } from './signer.ts';

/** The URLs of one image as the API answers them; all `null` while there is nothing to show. */
export interface ImageUrls {
  original_url: string | null;
  thumbnail_url: string | null;
  /** `preview` is `null` of formats that browsers show. */
  thumbnails: { small: string; medium: string; preview: string | null } | null;
  /** ISO 8601. */
  urls_expire_at: string | null;
}

/** The part of a record that URLs are made from. */
export type UrlSource = Pick<
  ImageRecord,
  'user_id' | 'image_id' | 'display_name' | 'original' | 'thumbnails' | 'faces'
>;

/** Makes the URLs of one photo after the other. */
export interface RenderUrls {
  imageUrls(record: UrlSource): ImageUrls;
  /** The URL of the n-th face of a photo, good for as long as those of the photo. The caller knows that there is such a face. */
  faceUrl(record: UrlSource, n: number): string;
}

/** Seconds. As long as the credentials they are signed with. */
const PRESIGNED_LIFETIME = 3600;
const CACHE_CONTROL = `private, max-age=${PRESIGNED_LIFETIME}`;
const SHOWN: ReadonlySet<string> = new Set(BROWSER_CONTENT_TYPES);
const PICTURES: ReadonlySet<string> = new Set(IMAGE_CONTENT_TYPES);

/** What is needed to hand out a stored form of a picture; how large a face is stands nowhere. */
export type StoredForm = Pick<Rendition, 'key' | 'content_type'> & Partial<Pick<Rendition, 'bytes'>>;

/** The stored form of a picture by name, if there is one yet. Of its faces, those that organize has taken note of. */
export function renditionOf(record: UrlSource, name: RenditionName): StoredForm | undefined {
  if (name === 'original') return record.original;
  if (!isFace(name)) return record.thumbnails?.[name];
  const n = Number(name.slice('face-'.length));
  if (!record.faces?.some((face) => face.n === n)) return undefined;
  return { key: faceKey(record.user_id, record.image_id, n), content_type: FACE_CONTENT_TYPE };
}

const FACE_CONTENT_TYPE = 'image/webp';
const isFace = (name: RenditionName): name is FaceName => name.startsWith('face-');

/**
 * How a rendition is to be handed out. Types that browsers paint are shown; other pictures are saved; anything else is saved under
 * a harmless type, never opened, whatever an uploader called it.
 */
export function presentation(record: UrlSource, rendition: Pick<Rendition, 'content_type'>) {
  const shown = SHOWN.has(rendition.content_type);
  const contentType = PICTURES.has(rendition.content_type) ? rendition.content_type : 'application/octet-stream';
  const filename = safeFilename(record.display_name, rendition.content_type);
  return { contentType, contentDisposition: contentDisposition(shown ? 'inline' : 'attachment', filename) };
}

/**
 * URLs straight to S3. They are signed as of the moment their credentials were issued: while those serve (half an hour) a thumbnail
 * keeps its URL, and browsers their cached copy, and what URLs say about their end is true.
 */
export function createPresignedUrls(deps: { s3: S3Client; bucket: string; signingCredentials: SignerCredentials }) {
  const presigner = presignTarget(deps.s3, deps.bucket).then(createPresigner);
  // Read where it is awaited; an unheeded failure here must not end the process.
  presigner.catch(() => {});

  /** Answers a function that makes the URL of a rendition, and when these URLs die. */
  return async function prepare() {
    const [presign, credentials] = await Promise.all([presigner, deps.signingCredentials()]);
    const { since, expires } = credentials;
    const expiry = new Date(Math.min(since.getTime() + PRESIGNED_LIFETIME * 1000, expires.getTime()));
    const url = (record: UrlSource, name: RenditionName, rendition: StoredForm) =>
      presign({
        key: rendition.key,
        credentials,
        signedAt: since,
        expiresIn: PRESIGNED_LIFETIME,
        // Thumbnails are of our own making, and stored with their type.
        response: {
          cacheControl: CACHE_CONTROL,
          ...(name === 'original' && presentation(record, rendition)),
        },
      });
    return { url, expiry };
  };
}
export type PresignedUrls = ReturnType<typeof createPresignedUrls>;

/** Who is given URLs. */
export interface Viewer {
  /** Where the API begins as this client sees it, such as `https://host/stage/api/v1`. */
  apiUrl: string;
  /** The session they ask in, by when it began (seconds since the epoch). */
  user: { auth_time: number };
}

/** What a signed URL of the media function brings along, read by the contract's `mediaQuery`. */
export const linkQuery = (link: Link, sign: (link: Link) => string): string =>
  `u=${encodeURIComponent(link.user_id)}&at=${link.at}&exp=${link.exp}&sig=${sign(link)}`;

/** URLs to the media function, each with a signature of its own. */
export function createProxyUrls(deps: { signatures: LinkSignatures }) {
  return async function prepare({ apiUrl, user }: Viewer) {
    const at = user.auth_time;
    const exp = deps.signatures.expiry();
    const sign = await deps.signatures.signer();
    const url = ({ user_id, image_id }: UrlSource, rendition: RenditionName) => {
      const path = pathOf(rendition);
      const link = { user_id, image_id, rendition, at, exp };
      return `${apiUrl}/images/${image_id}/${path}?${linkQuery(link, sign)}`;
    };
    return { url, expiry: new Date(exp * 1000) };
  };
}

function pathOf(name: RenditionName): string {
  if (name === 'original') return name;
  return isFace(name) ? `faces/${name.slice('face-'.length)}` : `thumbnails/${name}`;
}

export interface ImageUrlsDeps {
  mode: 'presigned' | 'proxy';
  s3: S3Client;
  bucket: string;
  signingCredentials: SignerCredentials;
  signatures: LinkSignatures;
}

/** Nothing is there yet that URLs could lead to. */
const NOTHING: ImageUrls = { original_url: null, thumbnail_url: null, thumbnails: null, urls_expire_at: null };

/** Renders the URLs of image records, in the way the deployment has chosen. */
export function createImageUrls({ mode, signatures, ...storage }: ImageUrlsDeps) {
  const prepare = mode === 'presigned' ? createPresignedUrls(storage) : createProxyUrls({ signatures });

  /**
   * What makes the URLs of these photos, which a page holds many of: keys are asked for once, and only where there is anything to
   * lead to. Throws what signing throws where there is no key for it.
   */
  return async function urlsOf(records: readonly UrlSource[], viewer: Viewer): Promise<RenderUrls> {
    if (!records.some(({ original, thumbnails, faces }) => original || thumbnails || faces?.length)) {
      return {
        imageUrls: () => NOTHING,
        faceUrl: () => {
          throw new Error('A photo without a picture has no faces.');
        },
      };
    }
    const { url, expiry } = await prepare(viewer);
    const urls_expire_at = expiry.toISOString();
    return {
      imageUrls(record) {
        const { original, thumbnails } = record;
        if (!original && !thumbnails) return NOTHING;
        const small = thumbnails ? url(record, 'small', thumbnails.small) : null;
        return {
          original_url: original ? url(record, 'original', original) : null,
          thumbnail_url: small,
          thumbnails:
            thumbnails && small
              ? {
                  small,
                  medium: url(record, 'medium', thumbnails.medium),
                  preview: thumbnails.preview ? url(record, 'preview', thumbnails.preview) : null,
                }
              : null,
          urls_expire_at,
        };
      },
      faceUrl(record, n) {
        const key = faceKey(record.user_id, record.image_id, n);
        return url(record, `face-${n}`, { key, content_type: FACE_CONTENT_TYPE });
      },
    };
  };
}
export type UrlsOf = ReturnType<typeof createImageUrls>;
