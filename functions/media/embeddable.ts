import type { HttpMiddleware } from '../../shared/lambda/http/middleware.ts';

/**
 * Pictures are shown by pages of other origins, whose `<img>` a resource policy of `same-origin` would leave empty. Reading still
 * takes a token or a signature. Comes before the security headers in the chain, so that it has the last word.
 */
export function embeddable(): HttpMiddleware {
  const allow: HttpMiddleware['after'] = ({ response }) => {
    if (response) response.headers = { ...response.headers, 'Cross-Origin-Resource-Policy': 'cross-origin' };
  };
  return { after: allow, onError: allow };
}
