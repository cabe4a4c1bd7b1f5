import type { OpenedLink } from '../../../shared/adapters/open-link.ts';
import type { SharedImage } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { originalForm } from '../../../shared/domain/share-link.ts';
import type { Deps } from '../deps.ts';

/**
 * Photos as visitors of a link see them: nothing that names its owner, other photos, people, or where it was taken, unless the link shows
 * that. The URLs lead to the media function and name the link, without which they open nothing.
 */
export async function viewShared(
  records: readonly ImageRecord[],
  { token, link }: OpenedLink,
  { apiUrl, shareSignatures }: { apiUrl: string } & Pick<Deps, 'shareSignatures'>,
): Promise<SharedImage[]> {
  const exp = shareSignatures.expiry(new Date(link.expires_at));
  const sign = await shareSignatures.signer(token, exp);
  const { download, location } = link;

  return records.map((record) => {
    const { image_id, original, thumbnails, metadata } = record;
    const url = (rendition: 'original' | 'small' | 'medium' | 'preview') => {
      const path = rendition === 'original' ? rendition : `thumbnails/${rendition}`;
      const sig = sign({ what: 'image', image_id, rendition });
      return `${apiUrl}/shared/${token}/images/${image_id}/${path}?exp=${exp}&sig=${sig}`;
    };
    const type = original?.content_type ?? record.expected.content_type;
    return {
      image_id,
      title: record.title ?? null,
      description: record.description ?? null,
      taken_at: record.taken_at ?? null,
      content_type: type,
      bytes: original?.bytes ?? record.expected.bytes,
      width: record.width ?? null,
      height: record.height ?? null,
      placeholder: record.placeholder ?? null,
      thumbnails: thumbnails
        ? { small: url('small'), medium: url('medium'), preview: thumbnails.preview ? url('preview') : null }
        : null,
      original: download && original ? { url: url('original'), form: originalForm(link, type) } : null,
      urls_expire_at: new Date(exp * 1000).toISOString(),
      place: (location && record.place) || null,
      gps: (location && metadata?.gps) || null,
    };
  });
}
