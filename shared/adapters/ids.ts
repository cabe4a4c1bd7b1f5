import { v7 } from 'uuid';

export type Clock = () => Date;
export type NewId = () => string;

export const systemClock: Clock = () => new Date();

/** UUIDv7: sorts by time of creation, so that newest-first is a reverse query. */
export const newUuid: NewId = () => v7();
