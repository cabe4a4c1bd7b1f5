import type { Viewer } from '../../../shared/adapters/image-urls.ts';
import type { Job } from '../../../shared/adapters/jobs.ts';
import type { DownloadResult } from '../../../shared/contract/schemas.ts';
import { DOWNLOAD_KEPT_DAYS, type DownloadProgress } from '../../../shared/domain/download.ts';
import type { Deps } from '../deps.ts';

const DAY_MS = 24 * 3600 * 1000;

/** The result of a download that is done: its zips with URLs made now, `null` once the bucket has let go of them. */
export async function viewDownload(
  { user_id, job_id, result, created_at, updated_at }: Job,
  viewer: Viewer,
  { downloadUrls, clock }: Pick<Deps, 'downloadUrls' | 'clock'>,
): Promise<DownloadResult> {
  const { images, left_out, problems, parts } = result as unknown as DownloadProgress;
  // The first part is the oldest; with it the set is no longer whole.
  const until = new Date(Date.parse(created_at) + DOWNLOAD_KEPT_DAYS * DAY_MS);
  const there = clock() < until && parts.length > 0;
  const urls = there ? await downloadUrls(viewer) : null;
  const day = updated_at.slice(0, 10);
  return {
    images,
    left_out,
    problems,
    parts: parts.map((part, index) => ({
      url: urls?.url({ user_id, job_id, part: index + 1 }, day) ?? null,
      bytes: part.bytes,
      images: part.images,
      expires_at: urls?.expiry.toISOString() ?? null,
    })),
    available_until: until.toISOString(),
  };
}
