import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Clock } from './ids.ts';

/** What URLs are signed with. Nothing signed with it works after `expires`. */
export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** When they were asked for, in whole seconds. */
  since: Date;
  expires: Date;
}

/** A role assumed by a role lasts an hour at most ("role chaining"). */
const LIFETIME_SECONDS = 3600;

export const createStsClient = () => new STSClient({});

/**
 * Credentials of the url-signer role. A function cannot see when its own expire, and a URL dies with what signed it; of these the end
 * is known. They are renewed half-way, so that a fresh URL lives for half an hour at least. Where renewing fails, the ones at hand
 * serve until it works again or they end.
 */
export function createSignerCredentials(sts: STSClient, roleArn: string, clock: Clock) {
  let current: SigningCredentials | undefined;
  let renewal: Promise<SigningCredentials> | undefined;

  async function assume(): Promise<SigningCredentials> {
    const since = new Date(Math.floor(clock().getTime() / 1000) * 1000);
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'url-signer', DurationSeconds: LIFETIME_SECONDS }),
    );
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
      throw new Error(`Expected credentials for ${roleArn}; STS answered without`);
    }
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      since,
      expires: given.Expiration,
    };
  }

  const renew = () => {
    renewal ??= assume()
      .then((fresh) => {
        current = fresh;
        return fresh;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  /** The credentials to sign with now. Throws what STS throws where there are none. */
  return async function signingCredentials(): Promise<SigningCredentials> {
    const held = current;
    if (!held) return renew();
    const now = clock().getTime();
    const halfWay = (held.since.getTime() + held.expires.getTime()) / 2;
    if (now < halfWay) return held;
    return renew().catch((error: unknown) => {
      if (now < held.expires.getTime()) return held;
      throw error;
    });
  };
}
export type SignerCredentials = ReturnType<typeof createSignerCredentials>;
