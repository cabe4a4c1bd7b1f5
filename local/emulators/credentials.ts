import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from './errors.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

interface SessionCredentials extends AccessKey {
  sessionToken: string;
  expiration: Date;
}

/** Who signed a request: the account itself or a role session. */
export interface Identity {
  kind: 'root' | 'session';
  arn: string;
  userId: string;
}

export interface CredentialStore {
  readonly root: AccessKey;
  /** Temporary credentials of a role session; derived from a stored key, so they outlive a restart. */
  issue(roleArn: string, sessionName: string, durationSeconds: number): SessionCredentials;
  /**
   * The secret and identity behind an access key id (and session token).
   * @throws AwsError InvalidAccessKeyId (403), InvalidToken (400), ExpiredToken (400)
   */
  resolve(accessKeyId: string, sessionToken: string | undefined): { secretAccessKey: string; identity: Identity };
}

interface KeyFile extends AccessKey {
  sessionKey: string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An access key id as AWS forms them: a four-letter prefix and sixteen base-32 characters. */
function newAccessKeyId(prefix: 'AKIA' | 'ASIA'): string {
  return prefix + Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('');
}

function loadKeys(directory: string): KeyFile {
  const path = join(directory, 'credentials.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeyFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keys: KeyFile = {
    accessKeyId: newAccessKeyId('AKIA'),
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionKey: randomBytes(32).toString('base64'),
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return keys;
}

/** The local account's credentials, kept in `directory`/credentials.json (mode 600; made on first use). */
export function openCredentials(directory: string, accountId: string, clock: () => Date): CredentialStore {
  const keys = loadKeys(directory);
  const mac = (text: string) => createHmac('sha256', keys.sessionKey).update(text).digest('base64url');

  return {
    root: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
    issue(roleArn, sessionName, durationSeconds) {
      const accessKeyId = newAccessKeyId('ASIA');
      const expiration = new Date(Math.floor(clock().getTime() / 1000 + durationSeconds) * 1000);
      const claims = JSON.stringify({ accessKeyId, expires: expiration.getTime(), roleArn, sessionName });
      const payload = Buffer.from(claims).toString('base64url');
      const sessionToken = `${payload}.${mac(payload)}`;
      return { accessKeyId, secretAccessKey: mac(`secret:${accessKeyId}`), sessionToken, expiration };
    },
    resolve(accessKeyId, sessionToken) {
      if (accessKeyId === keys.accessKeyId && sessionToken === undefined) {
        const identity: Identity = { kind: 'root', arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
        return { secretAccessKey: keys.secretAccessKey, identity };
      }
      if (!accessKeyId.startsWith('ASIA')) {
        throw new AwsError(
          'InvalidAccessKeyId',
          'The AWS Access Key Id you provided does not exist in our records.',
          403,
        );
      }
      const invalid = new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400);
      const [payload = '', signature = ''] = (sessionToken ?? '').split('.');
      const expected = Buffer.from(mac(payload));
      const given = Buffer.from(signature);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalid;
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        accessKeyId: string;
        expires: number;
        roleArn: string;
        sessionName: string;
      };
      if (claims.accessKeyId !== accessKeyId) throw invalid;
      if (claims.expires <= clock().getTime()) {
        throw new AwsError('ExpiredToken', 'The provided token has expired.', 400);
      }
      const role = claims.roleArn.split('/').at(-1);
      const identity: Identity = {
        kind: 'session',
        arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${claims.sessionName}`,
        userId: `AROA${mac(claims.roleArn)
          .replace(/[^A-Z0-9]/gi, '')
          .slice(0, 17)
          .toUpperCase()}:${claims.sessionName}`,
      };
      return { secretAccessKey: mac(`secret:${accessKeyId}`), identity };
    },
  };
}
