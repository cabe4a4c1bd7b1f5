import { type DownloadUrls, type ZipName, zipDisposition } from '../../shared/adapters/download-urls.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import { downloadKey } from '../../shared/domain/object-keys.ts';
import { enforce } from '../../shared/lambda/http/authorization.ts';
import { readRequest } from '../../shared/lambda/http/request.ts';
import type { Dispatch } from '../../shared/lambda/http/router.ts';
import type { AnyResponse } from '../../shared/lambda/http/use-case.ts';
import { createSend, type SendDeps, type Sent } from './serve.ts';
import type { WhoReads } from './who-reads.ts';

/** Hands out one zip of a download that `reader` may read. */
export type DeliverZip = (zip: ZipName, request: Pick<Sent, 'reader' | 'method' | 'headers'>) => Promise<AnyResponse>;

/** What the contract's schemas have made of a request for a zip. */
interface ZipRequest {
  params: { job_id: string; part: number };
  query: { u?: string; exp?: string; sig?: string };
  headers: Readonly<Record<string, string | undefined>>;
}

/** Who asks, and then a zip of theirs: its key begins with their id, so there is none of anybody else's. */
export function createServeZip({ whoReads, deliver }: { whoReads: WhoReads; deliver: DeliverZip }): Dispatch {
  return async function serveZip(route, event) {
    const { params, query, headers } = (await readRequest(route, event)) as unknown as ZipRequest;
    const { job_id, part } = params;
    const target = { image_id: job_id, rendition: `part-${part}` } as const;
    const reader = await whoReads({ authorization: headers.authorization, link: query }, target);
    const { user_id } = reader;
    enforce(route, { kind: 'user', user_id }, user_id);
    const method = event.httpMethod === 'HEAD' ? 'HEAD' : 'GET';
    return deliver({ user_id, job_id, part }, { reader, method, headers });
  };
}

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** Streams the zip, decrypted. */
export function createZipStream(deps: SendDeps): DeliverZip {
  const send = createSend(deps);
  return ({ user_id, job_id, part }, request) =>
    send({
      ...request,
      what: 'download',
      key: downloadKey(user_id, job_id, part),
      bytes: undefined,
      present: (written) => ({
        contentType: 'application/zip',
        contentDisposition: zipDisposition(part, dayOf(written ?? deps.clock())),
      }),
    });
}

/** Sends the client to S3. */
export function createZipRedirect(deps: { downloadUrls: DownloadUrls; clock: Clock }): DeliverZip {
  return async (zip) => {
    const { url } = await deps.downloadUrls('');
    const headers = { Location: url(zip, dayOf(deps.clock())), 'Cache-Control': 'private, no-store' };
    return { status: 302, body: null, headers };
  };
}
