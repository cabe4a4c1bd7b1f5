import { createHash } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
export type { Logger };

/**
 * The logger of one function: JSON lines on standard output. Ids may be logged; names, addresses, tokens, signed URLs and what
 * a photo shows may not.
 */
export function createLogger(service: string, logLevel: LogLevel): Logger {
  return new Logger({ serviceName: service, logLevel });
}

/**
 * Stands for a user in logs: tells users apart without saying who they are (16 hex digits). No salt: ids are random, so that nobody finds
 * one by trying, and whoever runs the stack can tell which lines are about an id they were given; see docs/decisions/0035.
 */
export function hashUserId(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 16);
}
