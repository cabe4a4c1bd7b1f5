import { randomBytes } from 'node:crypto';
import { v5, v7 } from 'uuid';

export type Clock = () => Date;
export type NewId = () => string;

export const systemClock: Clock = () => new Date();

/** UUIDv7: sorts by time of creation, so that newest-first is a reverse query. */
export const newUuid: NewId = () => v7();

/** 32 random bytes, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url');

const NAMESPACE = '8b8a2f0e-6f0c-4b7e-9a51-7c1f3f0d5e11';

/** The same UUID for the same name (RFC 9562 version 5): what a repeated event creates, it creates once. */
export const uuidFrom = (name: string): string => v5(name, NAMESPACE);

/** A UUIDv7 of a given moment; the same for the same moment and bytes (16 at least). */
export const uuidAt = (moment: Date, bytes: Uint8Array): string =>
  v7({ msecs: moment.getTime(), random: bytes.subarray(0, 16) });
