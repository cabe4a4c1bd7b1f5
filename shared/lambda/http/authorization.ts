import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { LinkProof, OpenedLink, OpenLink } from '../../adapters/open-link.ts';
import { authorize, type Caller, type Guarded } from '../../domain/authorize.ts';
import { HttpProblem, LinkLocked, LinkNotFound, NotFound, Unauthorized } from './problems.ts';

/**
 * Lets a caller pass, or throws what they are answered. `resourceOwner`: whose thing the request is about, where that is known already.
 */
export function enforce(route: Guarded, caller: Caller, resourceOwner?: string): void {
  const verdict = authorize(route, caller, resourceOwner);
  if (verdict.allowed) return;
  const byLink = route.access === 'link' || route.access === 'link-media';
  if (verdict.status === 401) throw byLink ? new LinkLocked() : new Unauthorized();
  if (!byLink) throw new NotFound('image');
  if (caller.kind !== 'link' || !caller.usable) throw new LinkNotFound();
  if (route.linkNeeds === 'download' && !caller.download) {
    throw new HttpProblem('not-found', 'This link does not let originals be fetched.');
  }
  throw new NotFound('image');
}

/** Whoever comes by the link whose token is in the path. Throws where the link is asked too often. */
export async function readLink(
  { pathParameters, headers }: APIGatewayProxyEvent,
  openLink: OpenLink,
  image?: LinkProof['image'],
): Promise<{ caller: Caller; link: OpenedLink | undefined }> {
  const opened = await openLink(pathParameters?.token ?? '', { access: headers['share-access'], image });
  if (opened === 'busy') {
    throw new HttpProblem('too-many-requests', 'This link is asked for too often; try again in a minute.', {
      headers: { 'Retry-After': '60' },
    });
  }
  if (opened === 'unusable') {
    return { caller: { kind: 'link', owner: '', usable: false, unlocked: false, download: false }, link: undefined };
  }
  const { link, unlocked } = opened;
  return { caller: { kind: 'link', owner: link.owner, usable: true, unlocked, download: link.download }, link: opened };
}
