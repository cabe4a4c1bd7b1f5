import type { S3Client } from '@aws-sdk/client-s3';
import { BROWSER_CONTENT_TYPES, IMAGE_CONTENT_TYPES } from '../contract/schemas.ts';
import { contentDisposition, safeFilename } from '../domain/content-disposition.ts';
import type { ImageRecord, Rendition } from '../domain/image.ts';
import type { LinkSignatures, RenditionName } from './link-signatures.ts';
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
export type UrlSource = Pick<ImageRecord, 'user_id' | 'image_id' | 'display_name' | 'original' | 'thumbnails'>;

/** Seconds. As long as the credentials they are signed with. */
const PRESIGNED_LIFETIME = 3600;
const CACHE_CONTROL = `private, max-age=${PRESIGNED_LIFETIME}`;
const SHOWN: ReadonlySet<string> = new Set(BROWSER_CONTENT_TYPES);
const PICTURES: ReadonlySet<string> = new Set(IMAGE_CONTENT_TYPES);

/** The stored form of a picture by name, if there is one yet. */
export function renditionOf(record: UrlSource, name: RenditionName): Rendition | undefined {
  return name === 'original' ? record.original : record.thumbnails?.[name];
}

/**
 * How a rendition is to be handed out. Types that browsers paint are shown; other pictures are saved; anything else is saved under
 * a harmless type, never opened, whatever an uploader called it.
 */
export function presentation(record: UrlSource, rendition: Rendition) {
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
    const url = (record: UrlSource, name: RenditionName, rendition: Rendition) =>
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

/** URLs to the media function, each with a signature of its own. `apiUrl` is where the API begins: `https://host/stage/api/v1`. */
export function createProxyUrls(deps: { signatures: LinkSignatures }) {
  return async function prepare(apiUrl: string) {
    const exp = deps.signatures.expiry();
    const sign = await deps.signatures.signer();
    const url = ({ user_id, image_id }: UrlSource, rendition: RenditionName) => {
      const path = rendition === 'original' ? 'original' : `thumbnails/${rendition}`;
      const query = `u=${encodeURIComponent(user_id)}&exp=${exp}&sig=${sign({ user_id, image_id, rendition, exp })}`;
      return `${apiUrl}/images/${image_id}/${path}?${query}`;
    };
    return { url, expiry: new Date(exp * 1000) };
  };
}

export interface ImageUrlsDeps {
  mode: 'presigned' | 'proxy';
  s3: S3Client;
  bucket: string;
  signingCredentials: SignerCredentials;
  signatures: LinkSignatures;
}

/** Renders the URLs of image records, in the way the deployment has chosen. */
export function createImageUrls({ mode, signatures, ...storage }: ImageUrlsDeps) {
  const prepare = mode === 'presigned' ? createPresignedUrls(storage) : createProxyUrls({ signatures });

  return {
    /** `apiUrl`: where the API begins as this client sees it, such as `https://host/stage/api/v1`. */
    async render(record: UrlSource, apiUrl: string): Promise<ImageUrls> {
      const { original, thumbnails } = record;
      if (!original && !thumbnails) {
        return { original_url: null, thumbnail_url: null, thumbnails: null, urls_expire_at: null };
      }
      const { url, expiry } = await prepare(apiUrl);
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
        urls_expire_at: expiry.toISOString(),
      };
    },
  };
}
export type RenderImageUrls = ReturnType<typeof createImageUrls>;
