import { createHmac, randomUUID, sign } from 'node:crypto';
import { Agent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { type Certified, selfSigned } from './certificates.ts';

/**
 * Google as the token verifier meets it: a TLS server for `www.googleapis.com` that publishes signing certificates, and tokens
 * signed with them. Only the outgoing socket is led elsewhere; whatever checks certificates and tokens is the real thing.
 */

const HOST = 'www.googleapis.com';
const PATH = '/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';

export interface Google {
  /** Requests for certificates so far. */
  fetches: number;
  /** How the key server answers. */
  behaviour: 'publishes' | 'fails' | 'hangs up once' | 'talks nonsense' | 'is silent';
  token(options?: TokenOptions): string;
  stop(): Promise<void>;
}

export interface TokenOptions {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** `none`: no signature at all. `stranger`: the right shape by the wrong key. `hmac`: HS256 keyed with the public certificate. */
  signedBy?: 'google' | 'stranger' | 'none' | 'hmac';
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Seconds since the epoch. */
export const seconds = (offset = 0) => Math.floor(Date.now() / 1000) + offset;

export async function startGoogle(projectId: string): Promise<Google> {
  const tls = selfSigned(HOST);
  const signer = selfSigned('securetoken.system.gserviceaccount.com');
  const stranger = selfSigned('securetoken.system.gserviceaccount.com');
  const kid = 'a1b2c3d4';

  const server = createServer({ key: tls.privateKeyPem, cert: tls.certificatePem }, (request, response) => {
    google.fetches += 1;
    if (google.behaviour === 'is silent') return;
    if (google.behaviour === 'hangs up once') {
      google.behaviour = 'publishes';
      return void request.socket.destroy();
    }
    if (google.behaviour === 'fails') return void response.writeHead(500).end('{"error":"backend"}');
    if (google.behaviour === 'talks nonsense') {
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>captive portal</html>');
    }
    if (request.url !== PATH) return void response.writeHead(404).end();
    const headers = { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'public, max-age=3600' };
    response.writeHead(200, headers).end(JSON.stringify({ [kid]: signer.certificatePem }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const original = Agent.prototype.createConnection;
  Agent.prototype.createConnection = (options) => {
    if (options?.host !== HOST) throw new Error(`Expected connections to ${HOST} only, got ${options?.host}`);
    return connect({ host: '127.0.0.1', port, servername: HOST, ca: tls.certificatePem });
  };

  function signature(input: string, by: TokenOptions['signedBy']): string {
    if (by === 'none') return '';
    if (by === 'hmac') return createHmac('sha256', signer.certificatePem).update(input).digest('base64url');
    const { privateKey }: Certified = by === 'stranger' ? stranger : signer;
    return sign('sha256', Buffer.from(input), privateKey).toString('base64url');
  }

  const google: Google = {
    fetches: 0,
    behaviour: 'publishes',
    token({ claims = {}, header = {}, signedBy = 'google' } = {}) {
      const user = (claims.sub as string | undefined) ?? `user-${randomUUID()}`;
      const body = {
        iss: `https://securetoken.google.com/${projectId}`,
        aud: projectId,
        auth_time: seconds(-60),
        user_id: user,
        sub: user,
        iat: seconds(-60),
        exp: seconds(3540),
        email: 'ada@example.com',
        email_verified: false,
        firebase: { identities: { email: ['ada@example.com'] }, sign_in_provider: 'password' },
        ...claims,
      };
      const input = `${encode({ alg: 'RS256', kid, typ: 'JWT', ...header })}.${encode(body)}`;
      return `${input}.${signature(input, signedBy)}`;
    },
    async stop() {
      Agent.prototype.createConnection = original;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return google;
}
