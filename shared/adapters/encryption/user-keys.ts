import type { Clock } from '../ids.ts';
import type { DataKeys } from './data-keys.ts';
import type { KeyItems, StoredKey } from './key-items.ts';

/** The user's key was erased, and with it what it had encrypted. Nothing is written for this user any more. */
export class UserKeyErased extends Error {
  override name = 'UserKeyErased';
  constructor() {
    super('The key of this user was erased: nothing that it encrypted can be read, and nothing more is stored.');
  }
}

/** There are encrypted objects of a user who has no key: the table of keys is not the one they were written with. */
export class UserKeyMissing extends Error {
  override name = 'UserKeyMissing';
  constructor() {
    super('Encrypted objects of this user are in the bucket, but the table of keys has no key for them.');
  }
}

export interface UserKeysDeps {
  items: KeyItems;
  /** Asked for where a key is needed: most requests need none. */
  dataKeys: () => Promise<DataKeys>;
  /** Whether a user who seems to have no key has encrypted originals in the bucket. */
  hasEncrypted(userId: string): Promise<boolean>;
  clock: Clock;
  /** How long an unwrapped key is kept in memory, in milliseconds. */
  keptMs?: number;
  /** Runs something when so many milliseconds have passed. A process is not kept alive by it. */
  later?: (ms: number, run: () => void) => void;
}

/** What may be done with a key while it is there: it is zeroed afterwards, so nothing of it may be kept. */
export type WithKey<T> = (key: Uint8Array) => T;

interface Held {
  key: Uint8Array;
  /** When it was made, in milliseconds since the epoch. */
  made: number;
  until: number;
}

const FIVE_MINUTES = 5 * 60_000;
/** A function that was begun before encryption was switched on may write unencrypted for so long after a key is made: none lives longer. */
const PLAIN_AFTER_MS = 15 * 60_000;
/** A function works for few users at a time; beyond that, those held longest are unwrapped again when they are needed. */
const MOST_HELD = 200;

const timer = (ms: number, run: () => void) => void setTimeout(run, ms).unref();

/**
 * A key for each user, made with the first picture that is stored and unwrapped by KMS when it is needed. Erasing it takes effect at
 * once where it is not held, and within `keptMs` everywhere.
 */
export function createUserKeys(deps: UserKeysDeps) {
  const { items, dataKeys, hasEncrypted, clock, keptMs = FIVE_MINUTES, later = timer } = deps;
  const held = new Map<string, Held>();
  const coming = new Map<string, Promise<Held | null>>();

  function drop(userId: string): void {
    held.get(userId)?.key.fill(0);
    held.delete(userId);
  }

  function dropStale(): void {
    const now = clock().getTime();
    for (const [userId, { until }] of held) if (until <= now) drop(userId);
  }

  /** Of two copies of a key that come at a time one is kept: nobody's is zeroed while it may be about to be used. */
  function hold(userId: string, key: Uint8Array, createdAt: string): Held {
    const there = held.get(userId);
    if (there) {
      key.fill(0);
      return there;
    }
    const [oldest] = held.keys();
    if (held.size >= MOST_HELD && oldest !== undefined) drop(oldest);
    const fresh = { key, made: Date.parse(createdAt), until: clock().getTime() + keptMs };
    held.set(userId, fresh);
    later(keptMs, dropStale);
    return fresh;
  }

  async function unwrap(userId: string, { wrapped, created_at }: StoredKey): Promise<Held> {
    return hold(userId, await (await dataKeys()).unwrap(userId, wrapped), created_at);
  }

  async function load(userId: string): Promise<Held | null> {
    const stored = await items.get(userId);
    if (stored === 'erased') throw new UserKeyErased();
    return stored && unwrap(userId, stored);
  }

  /** Makes the user's key, unless somebody else did so first: then theirs is the user's. */
  async function make(userId: string): Promise<Held> {
    if (!(await hasEncrypted(userId))) {
      const { key, wrapped } = await (await dataKeys()).generate(userId);
      const created_at = clock().toISOString();
      if (await items.put(userId, { wrapped, created_at })) return hold(userId, key, created_at);
      key.fill(0);
    }
    const theirs = await load(userId);
    if (!theirs) throw new UserKeyMissing();
    return theirs;
  }

  /** One look at a time for each user. */
  function get(userId: string): Promise<Held | null> {
    dropStale();
    const there = held.get(userId);
    if (there) return Promise.resolve(there);
    let look = coming.get(userId);
    if (!look) {
      look = load(userId).finally(() => coming.delete(userId));
      coming.set(userId, look);
    }
    return look;
  }

  /** `use` runs in the very moment in which the key is seen to be held, so that it never works with one that was zeroed. */
  async function withKey<T>(userId: string, find: () => Promise<Held>, use: WithKey<T>): Promise<T> {
    let found: Held;
    do found = await find();
    while (held.get(userId) !== found);
    return use(found.key);
  }

  async function getOr(userId: string, otherwise: () => Held | Promise<Held>): Promise<Held> {
    return (await get(userId)) ?? otherwise();
  }

  return {
    /** The key to read with. Throws `UserKeyErased`, `UserKeyMissing`, or what KMS throws. */
    toRead<T>(userId: string, use: WithKey<T>): Promise<T> {
      const missing = () => {
        throw new UserKeyMissing();
      };
      return withKey(userId, () => getOr(userId, missing), use);
    },

    /** The key to write with, made where there is none yet. Throws `UserKeyErased`, `UserKeyMissing`, or what KMS throws. */
    toWrite<T>(userId: string, use: WithKey<T>): Promise<T> {
      return withKey(userId, () => getOr(userId, () => make(userId)), use);
    },

    /**
     * Whether an object of this user that was written at `modified`, as S3 says, may be one that is not encrypted: it is older than the
     * key, or so little younger that a function from before may have written it.
     */
    async mayBePlain(userId: string, modified: Date | undefined): Promise<boolean | 'erased'> {
      try {
        const key = await get(userId);
        return !key || (modified !== undefined && modified.getTime() < key.made + PLAIN_AFTER_MS);
      } catch (error) {
        if (error instanceof UserKeyErased) return 'erased';
        throw error;
      }
    },

    /** Erases the key, for good: all that it encrypted is lost with it, and no other is ever made. May be repeated. */
    async erase(userId: string): Promise<void> {
      await items.erase(userId, clock());
      drop(userId);
    },
  };
}
export type UserKeys = ReturnType<typeof createUserKeys>;
