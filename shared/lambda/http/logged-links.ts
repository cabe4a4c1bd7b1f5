import type { OpenLink } from '../../adapters/open-link.ts';
import { hashUserId, type Logger } from '../logger.ts';

/** Opens links as `openLink` does; once one is found, lines say whose it is: the visitor is nobody we know. */
export function loggedLinks(logger: Pick<Logger, 'appendKeys'>, openLink: OpenLink): OpenLink {
  return async (token, proof) => {
    const opened = await openLink(token, proof);
    if (typeof opened === 'object') logger.appendKeys({ owner: hashUserId(opened.link.owner) });
    return opened;
  };
}
