import type { Clock } from '../../shared/adapters/ids.ts';
import { type PresignedUrls, presentation, renditionOf, type StoredForm } from '../../shared/adapters/image-urls.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { RenditionName } from '../../shared/adapters/link-signatures.ts';
import type { ObjectReader } from '../../shared/adapters/object-reader.ts';
import type { RouteId } from '../../shared/contract/routes.ts';
import { type ImageRecord, isTerminal } from '../../shared/domain/image.ts';
import type { ThumbnailSize } from '../../shared/domain/object-keys.ts';
import { enforce } from '../../shared/lambda/http/authorization.ts';
import { HttpProblem, NotFound } from '../../shared/lambda/http/problems.ts';
import { readRequest } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse } from '../../shared/lambda/http/use-case.ts';
import type { Reader, WhoReads } from './who-reads.ts';

export interface ServeDeps {
  whoReads: WhoReads;
  images: Pick<Images, 'getVisible'>;
  /** `presigned`: S3 hands out the bytes; `proxy`: this function does. */
  deliver: Deliver;
}

/** Hands out one rendition of a picture that `reader` may read. */
export type Deliver = (item: Item) => Promise<AnyResponse>;

interface Item {
  record: ImageRecord;
  name: RenditionName;
  rendition: StoredForm;
  reader: Reader;
  method: 'GET' | 'HEAD';
  headers: Readonly<Record<string, string | undefined>>;
}

/** What the contract's schemas have made of a request for a picture. */
interface MediaRequest {
  params: { image_id: string; size?: ThumbnailSize; n?: number };
  query: { u?: string; at?: string; exp?: string; sig?: string };
  headers: Readonly<Record<string, string | undefined>>;
}

const RENDITIONS: Partial<Record<RouteId, (params: MediaRequest['params']) => RenditionName>> = {
  original: () => 'original',
  thumbnail: () => 'small',
  sizedThumbnail: ({ size }) => size ?? 'small',
  face: ({ n }) => `face-${n ?? 0}`,
};

/** Seconds a redirect may be kept: short, because its target is made anew with every new set of credentials. */
const REDIRECT_FRESH = 300;

/** Who asks, whether the picture is theirs and ready; then its bytes, or where they are. */
export function createServe({ whoReads, images, deliver }: ServeDeps): Dispatch {
  return async function serve(route, event) {
    const rendition = RENDITIONS[route.id];
    if (!rendition) throw new Error(`The contract's route ${route.id} names no rendition`);
    const { params, query, headers } = (await readRequest(route, event)) as unknown as MediaRequest;
    const name = rendition(params);
    const target = { image_id: params.image_id, rendition: name };
    const reader = await whoReads({ authorization: headers.authorization, link: query }, target);
    const record = await images.getVisible({ userId: reader.user_id, imageId: params.image_id });
    if (!record) throw new NotFound('image');
    enforce(route, { kind: 'user', user_id: reader.user_id }, record.user_id);
    const stored = renditionOf(record, name);
    if (!stored) throw notReady(record, name);
    const method = event.httpMethod === 'HEAD' ? 'HEAD' : 'GET';
    return deliver({ record, name, rendition: stored, reader, method, headers });
  };
}

function notReady({ status }: ImageRecord, name: RenditionName): HttpProblem {
  const what = name === 'original' ? 'original' : name.startsWith('face-') ? 'face of this number' : 'thumbnail';
  const detail = isTerminal(status)
    ? `This image has no ${what}: its status is "${status}".`
    : `This image has no ${what} yet: its status is "${status}". Try again in a moment.`;
  return new HttpProblem('not-found', detail);
}

/** Who may read depends on the header; a shared computer must not show one person's picture to the next. */
const VARY = { Vary: 'Authorization' };

/** Sends the client to S3. */
export function createRedirect(deps: { presignedUrls: PresignedUrls; clock: Clock }): Deliver {
  return async function redirect({ record, name, rendition }) {
    const { url, expiry } = await deps.presignedUrls();
    const left = Math.floor((expiry.getTime() - deps.clock().getTime()) / 1000);
    const maxAge = Math.max(0, Math.min(REDIRECT_FRESH, left));
    const headers = { Location: url(record, name, rendition), 'Cache-Control': `private, max-age=${maxAge}`, ...VARY };
    return { status: 302, body: null, headers };
  };
}

/** Streams the bytes of a picture. Type and name come from the record, never from whoever uploaded them. */
export function createStream(deps: SendDeps): Deliver {
  const send = createSend(deps);
  return ({ record, rendition, reader, method, headers }) => {
    const { key, bytes } = rendition;
    return send({ what: 'image', key, bytes, ...presentation(record, rendition), reader, method, headers });
  };
}

export interface SendDeps {
  reader: ObjectReader;
  clock: Clock;
}

/** Something in the bucket, as it is to be handed out. */
export interface Sent extends Pick<Item, 'reader' | 'method' | 'headers'> {
  what: 'image' | 'download';
  key: string;
  bytes: number | undefined;
  contentType: string;
  contentDisposition: string;
}

/** Streams an object from S3: whole or in part, or the news that the client has it already. */
export function createSend(deps: SendDeps) {
  return async function send({ what, key, bytes, reader, method, headers, ...as }: Sent): Promise<AnyResponse> {
    const answer = await deps.reader.open(key, {
      method,
      range: headers.range,
      ifRange: headers['if-range'],
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
    });
    // Being erased at this moment: the record goes last.
    if (answer.is === 'missing') throw new NotFound(what);
    if (answer.is === 'unsatisfiable') {
      const has = bytes === undefined ? 'fewer' : String(bytes);
      throw new HttpProblem('range-not-satisfiable', `It has ${has} bytes; the range lies beyond.`, {
        headers: bytes === undefined ? {} : { 'Content-Range': `bytes */${bytes}` },
      });
    }
    const common = {
      ...(answer.etag !== undefined && { ETag: answer.etag }),
      ...(answer.lastModified && { 'Last-Modified': answer.lastModified.toUTCString() }),
      'Cache-Control': cacheControl(reader, deps.clock()),
      ...VARY,
    };
    if (answer.is === 'unchanged') return { status: 304, body: null, headers: common };
    return {
      status: answer.is === 'part' ? 206 : 200,
      body: answer.body ?? null,
      headers: {
        ...common,
        'Content-Type': as.contentType,
        'Content-Disposition': as.contentDisposition,
        'Accept-Ranges': 'bytes',
        ...(answer.bytes !== undefined && { 'Content-Length': String(answer.bytes) }),
        ...(answer.contentRange !== undefined && { 'Content-Range': answer.contentRange }),
      },
    };
  };
}

/** A link's bytes are good as long as the link; under a session, which can end at any moment, each use is asked for again. */
function cacheControl({ until }: Reader, now: Date): string {
  if (until === undefined) return 'private, no-cache';
  return `private, max-age=${Math.max(0, Math.floor(until - now.getTime() / 1000))}`;
}
