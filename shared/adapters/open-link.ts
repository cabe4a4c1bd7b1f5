import type { Album } from '../domain/albums/album.ts';
import type { Albums } from './albums.ts';
import type { Departures } from './departures.ts';
import type { RenditionName } from './link-signatures.ts';
import type { Links, OpeningLink } from './links.ts';
import type { ShareSignatures } from './share-signatures.ts';

/** A link that opens, and what it opens. */
export interface OpenedLink {
  token: string;
  link: OpeningLink;
  album: Album;
  /** It has no password, or something shows that it was given. */
  unlocked: boolean;
}

/** What a visitor brings along beside the token. */
export interface LinkProof {
  /** `{exp}.{signature}`: the password was given. */
  access?: string | undefined;
  /** The signature of a URL that was given to somebody who had given it. */
  image?: { image_id: string; rendition: RenditionName; exp: number; sig: string } | undefined;
}

export interface OpenLinkDeps {
  links: Pick<Links, 'find' | 'count'>;
  albums: Pick<Albums, 'get'>;
  departures: Pick<Departures, 'isGone'>;
  signatures: Pick<ShareSignatures, 'isGood'>;
}

/** Looks a link up for each request anew: `unusable` where it opens nothing (any more), `busy` where it is asked too often. */
export function createOpenLink({ links, albums, departures, signatures }: OpenLinkDeps) {
  return async function openLink(token: string, proof: LinkProof): Promise<OpenedLink | 'unusable' | 'busy'> {
    const link = await links.find(token);
    if (!link) return 'unusable';
    if (!(await links.count(token, 'requests'))) return 'busy';
    const [album, gone] = await Promise.all([albums.get(link.owner, link.album_id), departures.isGone(link.owner)]);
    if (!album || gone) return 'unusable';
    return { token, link, album, unlocked: link.password === undefined || (await isShown(token, proof)) };
  };

  async function isShown(token: string, { access, image }: LinkProof): Promise<boolean> {
    const [exp = '', sig = ''] = access?.split('.') ?? [];
    if (await signatures.isGood(token, Number(exp), { what: 'access' }, sig)) return true;
    if (!image) return false;
    const { image_id, rendition } = image;
    return signatures.isGood(token, image.exp, { what: 'image', image_id, rendition }, image.sig);
  }
}
export type OpenLink = ReturnType<typeof createOpenLink>;
