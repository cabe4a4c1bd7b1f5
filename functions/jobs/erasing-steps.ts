import type { Belongings } from '../../shared/adapters/belongings.ts';
import type { Departures } from '../../shared/adapters/departures.ts';
import type { UserKeys } from '../../shared/adapters/encryption/user-keys.ts';
import type { IdentityAdmin } from '../../shared/adapters/identity/admin.ts';
import type { Links } from '../../shared/adapters/links.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Vectors } from '../../shared/adapters/vectors.ts';
import { userPrefixes } from '../../shared/domain/object-keys.ts';
import type { ErasingStep } from './erase-account.ts';

export interface ErasingDeps {
  /** Where pictures are encrypted with a key of each user's. */
  keys: Pick<UserKeys, 'erase'> | null;
  objects: Pick<Objects, 'firstKeys' | 'remove'>;
  vectors: Pick<Vectors, 'drop'>;
  links: Pick<Links, 'forget'>;
  belongings: Belongings;
  admin: Pick<IdentityAdmin, 'remove'>;
  departures: Pick<Departures, 'get' | 'identityGone'>;
}

/** Everything that is kept of somebody: what others could still look at first, what leads to it last. */
export function erasingSteps(deps: ErasingDeps): ErasingStep[] {
  const { keys, objects, vectors, links, belongings, admin, departures } = deps;

  async function eraseObjects(userId: string): Promise<boolean> {
    for (const prefix of userPrefixes(userId)) {
      const keys = await objects.firstKeys(prefix);
      if (keys.length === 0) continue;
      await objects.remove(keys);
      return true;
    }
    return false;
  }

  /** Where no service account is configured, the account has asked for it itself when it was deleted, or does when it next signs in. */
  async function eraseIdentity(userId: string): Promise<boolean> {
    const departure = await departures.get(userId);
    if (departure?.identity !== 'gone' && (await admin.remove(userId))) await departures.identityGone(userId);
    return false;
  }

  const once = (erase: (userId: string) => Promise<void>) => (userId: string) => erase(userId).then(() => false);
  return [
    // Without it the pictures are noise at once, copies of them in backups too.
    ...(keys ? [{ name: 'key', erase: once(keys.erase) }] : []),
    { name: 'objects', erase: eraseObjects },
    { name: 'links', erase: once(links.forget) },
    { name: 'vectors', erase: once(vectors.drop) },
    { name: 'items', erase: (userId) => belongings.erasePage(userId) },
    { name: 'identity', erase: eraseIdentity },
  ];
}
