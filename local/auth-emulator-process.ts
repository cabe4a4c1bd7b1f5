import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { FromAuthEmulator } from './auth-emulator.ts';

/**
 * The Firebase Auth emulator of firebase-tools, without the tools around it: its command line takes 13 seconds to start, most
 * of them spent compiling validators for 80 routes. Here only the routes that Shoebox and firebase-admin call are compiled
 * (the others answer 404), and the accounts are exported after every request that may have changed them, before it is answered.
 */

const ROUTES = [
  '/v1/accounts:delete',
  '/v1/accounts:lookup',
  '/v1/accounts:resetPassword',
  '/v1/accounts:sendOobCode',
  '/v1/accounts:signInWithPassword',
  '/v1/accounts:signUp',
  '/v1/accounts:update',
  '/v1/token',
  '/v1/projects/{targetProjectId}/accounts',
  '/v1/projects/{targetProjectId}/accounts:batchCreate',
  '/v1/projects/{targetProjectId}/accounts:batchGet',
  '/v1/projects/{targetProjectId}/accounts:delete',
  '/v1/projects/{targetProjectId}/accounts:lookup',
  '/v1/projects/{targetProjectId}/accounts:update',
  '/emulator/v1/projects/{targetProjectId}/oobCodes',
];

interface ApiSpec {
  paths: Record<string, { parameters?: readonly { readonly in?: string }[] }>;
}

interface Account {
  localId: string;
  validSince?: string;
}

interface ProjectState {
  getUserByLocalId(localId: string): Account | undefined;
}

const [projectId = '', accountsFile = '', port = '0'] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const states = new Map<string, ProjectState>();

function createEmulator(): Promise<RequestListener> {
  const { default: spec } = require('firebase-tools/lib/emulator/auth/apiSpec.js') as { default: ApiSpec };
  for (const route of ROUTES) {
    if (!(route in spec.paths))
      throw new Error(`This firebase-tools has no ${route}; see local/auth-emulator-process.ts`);
  }
  for (const [route, path] of Object.entries(spec.paths)) {
    if (!ROUTES.includes(route)) delete spec.paths[route];
    // Not what every Google API takes in its query (`alt`, `callback` …): nobody sends it, and it is most of what is compiled.
    path.parameters = path.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
  }
  const { createApp } = require('firebase-tools/lib/emulator/auth/server.js') as {
    createApp(projectId: string, mode: undefined, states: Map<string, ProjectState>): Promise<RequestListener>;
  };
  return createApp(projectId, undefined, states);
}

async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { port: listening } = server.address() as AddressInfo;
  const response = await fetch(
    `http://127.0.0.1:${listening}/identitytoolkit.googleapis.com/v1/projects/${projectId}/${path}`,
    {
      ...init,
      headers: { authorization: 'Bearer owner', 'content-type': 'application/json' },
    },
  );
  const body = await response.text();
  if (!response.ok) throw new Error(`The Auth emulator answered ${response.status} to ${path}: ${body}`);
  return JSON.parse(body);
}

let saving: Promise<void> = Promise.resolve();
/** Writes all accounts to the file, whole or not at all. One after the other, so that the last one written is the newest. */
function save(): Promise<void> {
  saving = saving.then(async () => {
    const { users = [] } = await call('accounts:batchGet?maxResults=-1');
    const draft = `${accountsFile}.${process.pid}.tmp`;
    writeFileSync(draft, JSON.stringify({ users }));
    renameSync(draft, accountsFile);
  });
  return saving;
}

async function restore(): Promise<void> {
  if (!existsSync(accountsFile)) return;
  const { users } = JSON.parse(readFileSync(accountsFile, 'utf8')) as { users: Account[] };
  if (users.length === 0) return;
  await call('accounts:batchCreate', { method: 'POST', body: JSON.stringify({ users }) });
  // An import ends all sessions from before it; a restart must not.
  for (const { localId, validSince } of users) {
    const account = states.get(projectId)?.getUserByLocalId(localId);
    if (account && validSince !== undefined) account.validSince = validSince;
  }
}

/** Reads nothing new, whatever its method. */
const READS = /accounts:(lookup|batchGet|batchCreate)|\/v1\/token|\/oobCodes/;

/** Lets the answer to a write go out only after the accounts are on disk. */
function saveBeforeAnswer(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET' || READS.test(request.url ?? '')) return;
  const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.end = ((...parts: unknown[]) => {
    save().then(
      () => end(...parts),
      (error: unknown) => {
        console.error('The Auth emulator could not save its accounts:', error);
        response.destroy();
      },
    );
    return response;
  }) as typeof response.end;
}

let emulator: RequestListener | undefined;
const server = createServer((request, response) => {
  saveBeforeAnswer(request, response);
  emulator?.(request, response);
});

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

emulator = await createEmulator();
server.listen(Number(port), '127.0.0.1', () => {
  restore().then(
    () => process.send?.({ port: (server.address() as AddressInfo).port } satisfies FromAuthEmulator),
    (error: unknown) => {
      console.error(`The accounts in ${accountsFile} could not be restored:`, error);
      process.exit(1);
    },
  );
});
