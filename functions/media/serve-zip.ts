import { type createDownloadUrls, type ZipName, zipDisposition } from '../../shared/adapters/download-urls.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { DownloadProgress } from '../../shared/domain/download.ts';
import { downloadKey } from '../../shared/domain/object-keys.ts';
import { enforce } from '../../shared/lambda/http/authorization.ts';
import { NotFound } from '../../shared/lambda/http/problems.ts';
import { readRequest } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse } from '../../shared/lambda/http/use-case.ts';
import { createSend, type SendDeps, type Sent } from './serve.ts';
import type { WhoReads } from './who-reads.ts';

/** Hands out one zip of a download that `reader` may read. */
export type DeliverZip = (zip: Zip, request: Pick<Sent, 'reader' | 'method' | 'headers'>) => Promise<AnyResponse>;

interface Zip extends ZipName {
  bytes: number;
  /** When the download was finished: `2026-02-03`. */
  day: string;
}

export interface ServeZipDeps {
  whoReads: WhoReads;
  jobs: Pick<Jobs, 'get'>;
  deliver: DeliverZip;
}

/** What the contract's schemas have made of a request for a zip. */
interface ZipRequest {
  params: { job_id: string; part: number };
  query: { u?: string; at?: string; exp?: string; sig?: string };
  headers: Readonly<Record<string, string | undefined>>;
}

/** Who asks, whether the download is theirs and done; then its zip, or where it is. */
export function createServeZip({ whoReads, jobs, deliver }: ServeZipDeps): Dispatch {
  return async function serveZip(route, event) {
    const { params, query, headers } = (await readRequest(route, event)) as unknown as ZipRequest;
    const { job_id, part } = params;
    const target = { image_id: job_id, rendition: `part-${part}` } as const;
    const reader = await whoReads({ authorization: headers.authorization, link: query }, target);
    const { user_id } = reader;
    const job = await jobs.get(user_id, job_id);
    if (job?.type !== 'download' || job.status !== 'done') throw new NotFound('download');
    enforce(route, { kind: 'user', user_id }, job.user_id);
    const written = (job.result as unknown as DownloadProgress).parts[part - 1];
    if (!written) throw new NotFound('download');
    const zip = { user_id, job_id, part, bytes: written.bytes, day: job.updated_at.slice(0, 10) };
    const method = event.httpMethod === 'HEAD' ? 'HEAD' : 'GET';
    return deliver(zip, { reader, method, headers });
  };
}

/** A zip is saved, not shown: no browser need keep another copy. */
const NOT_KEPT = { 'Cache-Control': 'private, no-store' };

/** Streams the zip, decrypted. */
export function createZipStream(deps: SendDeps): DeliverZip {
  const send = createSend(deps);
  return async ({ user_id, job_id, part, bytes, day }, request) => {
    const answer = await send({
      ...request,
      what: 'download',
      key: downloadKey(user_id, job_id, part),
      bytes,
      contentType: 'application/zip',
      contentDisposition: zipDisposition(part, day),
    });
    return { ...answer, headers: { ...answer.headers, ...NOT_KEPT } };
  };
}

/** Sends the client to S3. */
export function createZipRedirect(deps: { downloadUrls: ReturnType<typeof createDownloadUrls> }): DeliverZip {
  return async (zip) => {
    const { url } = await deps.downloadUrls();
    return { status: 302, body: null, headers: { Location: url(zip, zip.day), ...NOT_KEPT } };
  };
}
