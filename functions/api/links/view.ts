import type { ListedLink } from '../../../shared/adapters/links.ts';
import type { LinkView } from '../../../shared/contract/schemas.ts';

/** A link as its owner sees it: without what opens it. */
export function viewLink({
  link_id,
  name,
  has_password,
  download,
  location,
  expires_at,
  created_at,
}: ListedLink): LinkView {
  return { link_id, name: name ?? null, password: has_password, download, location, expires_at, created_at };
}
