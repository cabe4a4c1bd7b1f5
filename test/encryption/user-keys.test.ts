import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createUserKeys,
  UserKeyErased,
  UserKeyMissing,
  type UserKeysDeps,
} from '../../shared/adapters/encryption/user-keys.ts';
import { addKeys, KEYS_TABLE, type Keys } from '../support/keys.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let aws: Keys;
let users = 0;
let user: string;
let now = Date.parse('2026-03-04T05:06:07Z');
let timers: { at: number; run: () => void }[] = [];

beforeAll(async () => {
  world = await startWorld();
  aws = await addKeys(world);
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  user = `user-${users}`;
  timers = [];
});

/** A function of its own, with nothing in memory. */
function keysOf(changes: Partial<UserKeysDeps> = {}) {
  return createUserKeys({
    items: aws.items,
    dataKeys: async () => aws.dataKeys,
    hasEncrypted: async () => false,
    clock: () => new Date(now),
    keptMs: 60_000,
    later: (ms, run) => void timers.push({ at: now + ms, run }),
    ...changes,
  });
}
const copy = (key: Uint8Array) => Buffer.from(key).toString('hex');
const kmsRequests = () => world.aws.requests()['kms:Decrypt'] ?? 0;
function pass(ms: number): void {
  now += ms;
  for (const { at, run } of timers) if (at <= now) run();
}

test('each user has a key of 256 bits, the same wherever it is asked for', async () => {
  const made = await keysOf().toWrite(user, copy);
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect(await keysOf().toRead(user, copy)).toBe(made);
  expect(await keysOf().toWrite(user, copy)).toBe(made);
  expect(await keysOf().toWrite(`${user}-other`, copy)).not.toBe(made);
  const { Item } = await world.table.send(new GetCommand({ TableName: KEYS_TABLE, Key: { user_id: user } }));
  expect(Buffer.from(Item?.wrapped).includes(Buffer.from(made, 'hex'))).toBe(false);
});

test('of functions that race to make it, all end with one', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => keysOf().toWrite(user, copy)));
  expect(new Set(made).size).toBe(1);
  expect(await keysOf().toRead(user, copy)).toBe(made[0]);
});

test('a key opens for its own user alone', async () => {
  await keysOf().toWrite(user, copy);
  const stolen = await aws.items.get(user);
  if (!stolen || stolen === 'erased') throw new Error('Expected a key');
  await aws.items.put(`${user}-thief`, stolen);
  await expect(keysOf().toRead(`${user}-thief`, copy)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});

test('it is unwrapped once while it is kept, and zeroed when its time is over', async () => {
  const keys = keysOf();
  let held: Uint8Array = new Uint8Array();
  await keysOf().toWrite(user, copy);
  const before = kmsRequests();
  const uses = Array.from({ length: 5 }, () =>
    keys.toRead(user, (key) => {
      held = key;
      return copy(key);
    }),
  );
  const [first] = await Promise.all(uses);
  pass(59_999);
  expect(await keys.toRead(user, copy)).toBe(first);
  expect(kmsRequests() - before).toBe(1);
  expect(copy(held)).toBe(first);
  pass(1);
  expect(copy(held)).toBe('0'.repeat(64));
  expect(await keys.toRead(user, copy)).toBe(first);
  expect(kmsRequests() - before).toBe(2);
});

test('also where no timer ran, it is not used beyond its time', async () => {
  const keys = keysOf({ later: () => {} });
  const first = await keys.toWrite(user, copy);
  now += 60_000;
  const before = kmsRequests();
  expect(await keys.toRead(user, copy)).toBe(first);
  expect(kmsRequests() - before).toBe(1);
});

test('no use of it ever sees a key that was zeroed, however many come and however often it is dropped', async () => {
  const first = await keysOf().toWrite(user, copy);
  const keys = keysOf();
  const uses = Array.from({ length: 60 }, async (_, turn) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 5 === 0) pass(60_000);
    return turn % 2 === 0 ? keys.toRead(user, copy) : keys.toWrite(user, copy);
  });
  expect(new Set(await Promise.all(uses))).toEqual(new Set([first]));
});

test('of a new user too, whose first pictures come at a time', async () => {
  const keys = keysOf();
  const made = await Promise.all(Array.from({ length: 20 }, () => keys.toWrite(user, copy)));
  expect(new Set([...made, await keysOf().toRead(user, copy)]).size).toBe(1);
});

test('once erased there is none, nor ever another', async () => {
  const [keys, elsewhere] = [keysOf(), keysOf()];
  await keys.toWrite(user, copy);
  await elsewhere.toRead(user, copy);
  await keys.erase(user);
  await keys.erase(user);
  for (const one of [keys, keysOf()]) {
    await expect(one.toRead(user, copy)).rejects.toThrow(UserKeyErased);
    await expect(one.toWrite(user, copy)).rejects.toThrow(UserKeyErased);
    expect(await one.mayBePlain(user, new Date(0))).toBe('erased');
  }
  const { Item } = await world.table.send(new GetCommand({ TableName: KEYS_TABLE, Key: { user_id: user } }));
  const expires = Math.ceil(now / 1000) + 30 * 86_400;
  expect(Item).toEqual({ user_id: user, erased_at: new Date(now).toISOString(), expires });
  // Who holds it has it for as long as it is kept.
  await elsewhere.toRead(user, copy);
  pass(60_000);
  await expect(elsewhere.toRead(user, copy)).rejects.toThrow(UserKeyErased);
});

test('erasing before there was one keeps it from being made, also by who had looked before', async () => {
  const keys = keysOf({
    async hasEncrypted() {
      await keysOf().erase(user);
      return false;
    },
  });
  await expect(keys.toWrite(user, copy)).rejects.toThrow(UserKeyErased);
});

test('no key is made for a user whose pictures are encrypted with one that is not there', async () => {
  const keys = keysOf({ hasEncrypted: async () => true });
  await expect(keys.toWrite(user, copy)).rejects.toThrow(UserKeyMissing);
  await expect(keys.toRead(user, copy)).rejects.toThrow(UserKeyMissing);
  expect(await aws.items.get(user)).toBeNull();
});

test('pictures that another has just encrypted with a new key are not taken for lost', async () => {
  let theirs = '';
  const keys = keysOf({
    async hasEncrypted() {
      theirs = await keysOf().toWrite(user, copy);
      return true;
    },
  });
  expect(await keys.toWrite(user, copy)).toBe(theirs);
});

test('what may not be encrypted is what was written before the key, or within a quarter of an hour', async () => {
  const minutes = (number: number) => new Date(now + number * 60_000);
  expect(await keysOf().mayBePlain(user, minutes(60))).toBe(true);
  const maker = keysOf();
  await maker.toWrite(user, copy);
  const edge = minutes(15).getTime();
  for (const keys of [maker, keysOf()]) {
    const asked = [minutes(-60), new Date(edge - 1), new Date(edge), undefined];
    expect(await Promise.all(asked.map((at) => keys.mayBePlain(user, at)))).toEqual([true, true, false, false]);
  }
});

test('while the master key is out of use nothing is read, and nothing is made up', async () => {
  await keysOf().toWrite(user, copy);
  await aws.kms.send(new DisableKeyCommand({ KeyId: aws.masterKey }));
  try {
    await expect(keysOf().toRead(user, copy)).rejects.toMatchObject({ name: 'DisabledException' });
    await expect(keysOf().toWrite(`${user}-new`, copy)).rejects.toMatchObject({ name: 'DisabledException' });
  } finally {
    await aws.kms.send(new EnableKeyCommand({ KeyId: aws.masterKey }));
  }
});
