import type { Authenticator } from './authenticator.ts';
import type { CredentialStore, Identity } from './credentials.ts';
import { AwsError } from './errors.ts';
import { reply, type Service } from './gate.ts';
import { readSigned } from './json-service.ts';
import { sha256Hex } from './sigv4.ts';
import { element, type XmlContent } from './xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MIN_SECONDS = 900;
const MAX_SECONDS = 43_200;
/** A session that assumes a further role (as every function of ours does) gets an hour at most. */
const MAX_CHAINED_SECONDS = 3_600;

/** Security Token Service over its query protocol: AssumeRole and GetCallerIdentity. */
export function createSts(options: {
  authenticator: Authenticator;
  credentials: CredentialStore;
  accountId: string;
}): Service {
  function assumeRole(form: URLSearchParams, caller: Identity): XmlContent {
    const roleArn = form.get('RoleArn') ?? '';
    const sessionName = form.get('RoleSessionName') ?? '';
    const seconds = Number(form.get('DurationSeconds') ?? 3_600);
    if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) {
      throw new AwsError('ValidationError', `'${roleArn}' is not a role ARN (arn:aws:iam::<account>:role/<name>).`);
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
      throw new AwsError(
        'ValidationError',
        `RoleSessionName '${sessionName}' must be 2 to 64 of the characters \\w+=,.@-`,
      );
    }
    const most = caller.kind === 'session' ? MAX_CHAINED_SECONDS : MAX_SECONDS;
    if (!Number.isInteger(seconds) || seconds < MIN_SECONDS || seconds > most) {
      throw new AwsError(
        'ValidationError',
        `DurationSeconds is ${form.get('DurationSeconds')}; expected ${MIN_SECONDS} to ${most}.`,
      );
    }
    const issued = options.credentials.issue(roleArn, sessionName, seconds);
    const { identity } = options.credentials.resolve(issued.accessKeyId, issued.sessionToken);
    return {
      AssumedRoleUser: { AssumedRoleId: identity.userId, Arn: identity.arn },
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: issued.expiration.toISOString(),
      },
    };
  }

  return {
    async handle(exchange) {
      const body = await readSigned(exchange, options.authenticator, 'sts', 64 * 1024);
      const form = new URLSearchParams(body.toString('utf8'));
      const action = form.get('Action') ?? '';
      const { identity } = options.authenticator.verify(exchange, 'sts', sha256Hex(body));
      let result: XmlContent;
      if (action === 'AssumeRole') {
        await exchange.begin(action);
        result = assumeRole(form, identity);
      } else if (action === 'GetCallerIdentity') {
        await exchange.begin(action);
        result = { Arn: identity.arn, UserId: identity.userId, Account: options.accountId };
      } else {
        throw new AwsError('InvalidAction', `Could not find operation '${action}' for version 2011-06-15`);
      }
      const response = { [`${action}Result`]: result, ResponseMetadata: { RequestId: exchange.requestId } };
      reply(exchange, 200, { 'content-type': 'text/xml' }, element(`${action}Response`, response, NAMESPACE));
    },
    fail(exchange, error) {
      const type = error.status < 500 ? 'Sender' : 'Receiver';
      const content = {
        Error: { Type: type, Code: error.code, Message: error.message },
        RequestId: exchange.requestId,
      };
      reply(exchange, error.status, { 'content-type': 'text/xml' }, element('ErrorResponse', content, NAMESPACE));
    },
  };
}
