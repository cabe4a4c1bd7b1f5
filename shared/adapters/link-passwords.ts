import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** A password as it is kept: scrypt (RFC 7914) under a salt of its own, with what it was made with. */
export interface StoredPassword {
  salt: Uint8Array;
  hash: Uint8Array;
  cost: number;
}

/** 32 MB and some 100 ms for each guess. */
const COST = 2 ** 15;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The same password however its letters were typed. */
function derive(password: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { cost, blockSize: 8, parallelization: 1, maxmem: 2 * 128 * 8 * cost };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

export async function storePassword(password: string): Promise<StoredPassword> {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: await derive(password, salt, COST), cost: COST };
}

export async function isPassword({ salt, hash, cost }: StoredPassword, password: string): Promise<boolean> {
  const given = await derive(password, salt, cost);
  return given.length === hash.length && timingSafeEqual(given, hash);
}
