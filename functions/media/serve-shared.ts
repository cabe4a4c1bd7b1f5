import { Readable } from 'node:stream';
import { presentation, renditionOf, type StoredForm } from '../../shared/adapters/image-urls.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { RenditionName } from '../../shared/adapters/link-signatures.ts';
import type { ObjectReader } from '../../shared/adapters/object-reader.ts';
import type { OpenLink } from '../../shared/adapters/open-link.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import type { ThumbnailSize } from '../../shared/domain/object-keys.ts';
import { isSharedIn, type LinkRights, originalForm } from '../../shared/domain/share-link.ts';
import { stripMetadata } from '../../shared/domain/strip-metadata/strip.ts';
import { enforce, readLink } from '../../shared/lambda/http/authorization.ts';
import { NotFound } from '../../shared/lambda/http/problems.ts';
import { readRequest } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse } from '../../shared/lambda/http/use-case.ts';
import type { Deliver } from './serve.ts';

export interface ServeSharedDeps {
  openLink: OpenLink;
  images: Pick<Images, 'getVisible'>;
  reader: ObjectReader;
  /** Streams: a redirect would say in which folder the bucket keeps whose pictures. */
  deliver: Deliver;
}

/** What the contract's schemas have made of a visitor's request for a picture. */
interface SharedRequest {
  params: { image_id: string; size?: ThumbnailSize };
  query: { exp?: string; sig?: string };
  headers: Readonly<Record<string, string | undefined>>;
}

/** Pictures by a share link. The link is looked up for each of them: once it is taken back, no URL that was given out opens. */
export function createServeShared({ openLink, images, reader, deliver }: ServeSharedDeps): Dispatch {
  return async function serveShared(route, event) {
    const { params, query, headers } = (await readRequest(route, event)) as unknown as SharedRequest;
    const { image_id } = params;
    const name: RenditionName = route.id === 'sharedOriginal' ? 'original' : (params.size ?? 'small');
    const { exp, sig } = query;
    const signed = sig === undefined ? undefined : { image_id, rendition: name, exp: Number(exp), sig };
    const { caller, link } = await readLink(event, openLink, signed);
    enforce(route, caller);
    if (!link) throw new NotFound('image');

    const record = await images.getVisible({ userId: link.link.owner, imageId: image_id });
    if (!record || !isSharedIn(link.album, record)) throw new NotFound('image');
    const chosen = choose(record, name, link.link);
    if (!chosen) throw new NotFound('image');
    const method = event.httpMethod === 'HEAD' ? 'HEAD' : 'GET';
    if (chosen.stripped) return strip(record, chosen.rendition, method);
    const until = signed?.exp;
    const item = { record, name: chosen.name, rendition: chosen.rendition, method, headers } as const;
    const answer = await deliver({ ...item, reader: { user_id: link.link.owner, until } });
    return { ...answer, headers: { ...answer.headers, 'Cache-Control': CACHE, Vary: 'Share-Access' } };
  };

  async function strip(record: ImageRecord, rendition: StoredForm, method: 'GET' | 'HEAD'): Promise<AnyResponse> {
    const answer = await reader.open(rendition.key, { method });
    if (answer.is !== 'whole') throw new NotFound('image');
    const { contentType, contentDisposition } = presentation(record, rendition);
    const body = answer.body
      ? Readable.from(stripMetadata(answer.body, rendition.content_type, record.metadata?.orientation ?? 1), {
          objectMode: false,
        })
      : null;
    const headers = {
      'Content-Type': contentType,
      'Content-Disposition': contentDisposition,
      'Cache-Control': CACHE,
      Vary: 'Share-Access',
    };
    return { status: 200, body, headers };
  }
}

/** Asked for again each time: what was taken back is not shown by a browser either. */
const CACHE = 'private, no-cache';

/** What goes out for what is asked for. */
function choose(
  record: ImageRecord,
  name: RenditionName,
  rights: LinkRights,
): { name: RenditionName; rendition: StoredForm; stripped: boolean } | undefined {
  const rendition = renditionOf(record, name);
  if (!rendition) return undefined;
  if (name !== 'original') return { name, rendition, stripped: false };
  const form = originalForm(rights, rendition.content_type);
  if (form !== 'preview') return { name, rendition, stripped: form === 'stripped' };
  const size = record.thumbnails?.preview ? 'preview' : 'medium';
  const smaller = renditionOf(record, size);
  return smaller && { name: size, rendition: smaller, stripped: false };
}
