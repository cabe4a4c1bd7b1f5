import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, RouteId } from '../../shared/contract/routes.ts';
import { seconds } from '../identity/google.ts';
import { type Gateway, type GatewayCall, served, startGateway } from './gateway.ts';
import { bodiesFor, fill, NOBODYS, parametersFor, QUERIES, type Settled, sent, settle } from './people.ts';

/**
 * Every route × who asks. What Ada is answered about her own things is listed; everything else follows from whom a route is open to. A new
 * route without an entry does not compile.
 */
const ANSWERED = {
  signup: 201,
  token: 200,
  login: 200,
  refresh: 200,
  me: 200,
  verify: 200,
  logout: 204,
  exportMe: 202,
  deleteMe: 202,
  createUploads: 200,
  upload: 202,
  listImages: 200,
  getImage: 200,
  editImage: 200,
  reprocessImage: 202,
  reprocessImages: 200,
  batch: 200,
  deleteImage: 204,
  listTrash: 200,
  emptyTrash: 202,
  restoreImage: 200,
  cluster: 202,
  listClusters: 200,
  getCluster: 200,
  editCluster: 200,
  mergeClusters: 202,
  moveImages: 202,
  undoClusters: 409,
  listAlbums: 200,
  createAlbum: 201,
  createManualAlbum: 201,
  generateAlbums: 202,
  albumsByLocation: 200,
  albumsByDate: 200,
  getAlbum: 200,
  editAlbum: 200,
  deleteAlbum: 204,
  listAlbumImages: 200,
  addToAlbum: 200,
  removeFromAlbum: 200,
  duplicates: 200,
  search: 200,
  suggest: 200,
  similar: 200,
  original: 200,
  thumbnail: 200,
  sizedThumbnail: 200,
  face: 200,
  listPeople: 200,
  mergePeople: 202,
  undoPeople: 409,
  groupPeople: 202,
  eraseFaces: 202,
  allowFaces: 200,
  getPerson: 200,
  editPerson: 200,
  personImages: 200,
  splitPerson: 202,
  assignFace: 200,
  personAnalysis: 200,
  personAlbums: 200,
  dashboardStats: 200,
  recentActivity: 200,
  storageAnalysis: 200,
  locationAnalysis: 200,
  timeline: 200,
  memories: 200,
  createLink: 201,
  listLinks: 200,
  revokeLink: 204,
  getShared: 200,
  accessShared: 200,
  listSharedImages: 200,
  getSharedImage: 200,
  sharedThumbnail: 200,
  sharedOriginal: 200,
  getJob: 200,
  createDownload: 202,
  downloadPart: 302,
  stats: 200,
  health: 200,
  openapi: 200,
  docs: 200,
} as const satisfies Record<RouteId, number>;

/** Open to everybody. A new one has to be put here. */
const PUBLIC: readonly RouteId[] = ['signup', 'token', 'login', 'refresh', 'health', 'openapi', 'docs'];
/** Routes without an id in their path, where another's ids in the body are not there. */
const NAMED_IN_BODY: readonly RouteId[] = ['mergeClusters', 'mergePeople', 'moveImages'];
/** What a link opens whose password has not been given. */
const BEFORE_PASSWORD: readonly RouteId[] = ['getShared', 'accessShared'];

const WHO = [
  'no token',
  'malformed',
  'forged',
  'expired',
  'other project',
  'revoked',
  'other user',
  'share link',
  'share link without its password',
  'share link without download',
  'owner',
] as const;
type Who = (typeof WHO)[number];

let gateway: Gateway;
let ada: Settled;
let eve: Settled;
beforeAll(async () => {
  gateway = await startGateway();
  ada = await settle(gateway, 'ada', 100);
  eve = await settle(gateway, 'eve', 200);
});
afterAll(() => gateway?.stop());

function expected({ id, access, path }: Endpoint, who: Who): number {
  switch (access) {
    case 'public':
      return ANSWERED[id];
    case 'user':
    case 'media':
      if (who === 'owner') return ANSWERED[id];
      if (who === 'other user') return path.includes('{') || NAMED_IN_BODY.includes(id) ? 404 : ANSWERED[id];
      return 401;
    case 'link':
    case 'link-media':
      if (who === 'share link') return ANSWERED[id];
      if (who === 'share link without its password') return BEFORE_PASSWORD.includes(id) ? ANSWERED[id] : 401;
      if (who === 'share link without download') return id === 'sharedOriginal' ? 404 : ANSWERED[id];
      return 404;
  }
}

/** What somebody brings along: a header, and in the path of what links open a token. */
function credentials(who: Who): { authorization?: string; link: string } {
  const { google } = gateway;
  const mint = (options: Parameters<typeof google.token>[0]) => `Bearer ${google.token(options)}`;
  const claims = { sub: 'ada', auth_time: seconds(3) };
  const link = NOBODYS;
  switch (who) {
    case 'no token':
      return { link };
    case 'malformed':
      return { authorization: 'Bearer nonsense', link: "'; --" };
    case 'forged':
      return { authorization: mint({ claims, signedBy: 'stranger' }), link };
    case 'expired':
      return {
        authorization: mint({ claims: { ...claims, iat: seconds(-7200), exp: seconds(-3600) } }),
        link: ada.links.expired,
      };
    case 'other project':
      return {
        authorization: mint({ claims: { ...claims, aud: 'other', iss: 'https://securetoken.google.com/other' } }),
        link,
      };
    case 'revoked':
      return { authorization: ada.revoked, link: ada.links.takenBack };
    case 'other user':
      return { authorization: eve.session, link };
    case 'share link':
      return { authorization: `Bearer ${ada.links.good}`, link: ada.links.good };
    case 'share link without its password':
      return { authorization: `Bearer ${ada.links.locked}`, link: ada.links.locked };
    case 'share link without download':
      return { authorization: `Bearer ${ada.links.withoutDownload}`, link: ada.links.withoutDownload };
    case 'owner':
      return { authorization: ada.session, link };
  }
}

/** Asks about Ada's things. */
function ask(endpoint: Endpoint, who: Who) {
  const { authorization, link } = credentials(who);
  const { body, headers } = sent(endpoint.id, bodiesFor(endpoint.id, ada.things)[0]);
  const path = fill(endpoint.path, parametersFor(ada.things, link));
  const query = QUERIES[endpoint.id];
  const call: GatewayCall = {
    ...(body !== undefined && { body }),
    ...(query && { query }),
    headers: { ...headers, ...(authorization && { Authorization: authorization }) },
  };
  return gateway.call(endpoint, path, call);
}

describe(`${served.length} methods and paths × ${WHO.length} who ask = ${served.length * WHO.length} answers`, () => {
  test.each(served)('$name', async (endpoint) => {
    const hers = await gateway.keep('ada');
    const eves = await gateway.keep('eve');
    const answers: Partial<Record<Who, number>> = {};
    for (const who of WHO) {
      if (who === 'owner') expect(await hers.unchanged(), 'somebody else changed what is Ada’s').toBe(true);
      answers[who] = (await ask(endpoint, who)).status;
    }
    await hers.restore();
    await eves.restore();
    expect(answers).toEqual(Object.fromEntries(WHO.map((who) => [who, expected(endpoint, who)])));
  });

  test('what is open to everybody is listed, and nothing else is open', () => {
    const open = served.filter(({ access }) => access === 'public').map(({ id }) => id);
    expect([...new Set(open)].sort()).toEqual([...PUBLIC].sort());
  });
});
